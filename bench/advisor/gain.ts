export async function measureGain(_: { readonly timeMs: number; readonly out: string }): Promise<void> {}
