import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * A small valid image in memory, made without QEMU, for tests to damage. Clusters of 4 KiB:
 *
 *     0 header · 1 refcount table · 2 refcount block · 3 L1 (2 entries) · 4 L2 · 5, 6, 7 data · end at 0x8000
 *
 * The disk has 4 MiB; guest clusters 0 to 2 lie at 0x5000, 0x6000 and 0x7000.
 */
export class BareImage {
  bytes: Buffer;

  constructor() {
    this.bytes = Buffer.alloc(0x8000);
    this.u32(0, 0x514649fb)
      .u32(4, 3)
      .u32(20, 12)
      .u64(24, 4 * 1024 ** 2)
      .u32(36, 2)
      .u64(40, 0x3000);
    this.u64(48, 0x1000).u32(56, 1).u32(96, 4).u32(100, 112);
    this.u64(0x1000, 0x2000);
    for (let cluster = 0; cluster < 8; cluster++) this.bytes.writeUInt16BE(1, 0x2000 + 2 * cluster);
    this.u64(0x3000, 0x4000, 0x80);
    for (let index = 0; index < 3; index++) this.u64(0x4000 + 8 * index, 0x5000 + 0x1000 * index, 0x80);
  }

  u32(at: number, value: number): this {
    this.bytes.writeUInt32BE(value, at);
    return this;
  }

  /** A 64-bit field; `top` is its first byte, where table entries have flags. */
  u64(at: number, value: number | bigint, top = 0): this {
    this.bytes.writeBigUInt64BE(BigInt(value) | (BigInt(top) << 56n), at);
    return this;
  }

  u16(at: number, value: number): this {
    this.bytes.writeUInt16BE(value, at);
    return this;
  }

  /** A header extension; returns the offset after it. */
  extension(at: number, type: number, data: Buffer | string): this {
    const content = Buffer.from(data);
    this.u32(at, type).u32(at + 4, content.length);
    content.copy(this.bytes, at + 8);
    return this;
  }

  backing(name: string, at = 0x800): this {
    Buffer.from(name).copy(this.bytes, at);
    return this.u64(8, at).u32(16, Buffer.byteLength(name));
  }

  /** The first bytes of the image only. */
  cut(length: number): this {
    this.bytes = this.bytes.subarray(0, length);
    return this;
  }

  /** A longer file. */
  grow(length: number): this {
    this.bytes = Buffer.concat([this.bytes, Buffer.alloc(length - this.bytes.length)]);
    return this;
  }

  save(path: string): string {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, this.bytes);
    return path;
  }
}
