import { z } from 'zod';

/** The keys that a schema knows for the mapping at a path of a document; empty where it cannot tell. */
export function keysAt(schema: z.core.$ZodType, value: unknown, path: readonly PropertyKey[]): readonly string[] {
  const here = chosen(schema, value);
  if (path.length === 0) {
    if (here instanceof z.ZodObject) return Object.keys(here.shape);
    return here instanceof z.ZodRecord && here.keyType instanceof z.ZodEnum ? here.keyType.options.map(String) : [];
  }
  const [key, ...rest] = path;
  const inner = key === undefined ? undefined : child(here, key);
  return inner === undefined || key === undefined ? [] : keysAt(inner, member(value, key), rest);
}

/** The schema itself behind optional and default, and the member of a union that the value's discriminator names. */
function chosen(schema: z.core.$ZodType, value: unknown): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return chosen(schema.unwrap(), value);
  if (schema instanceof z.ZodPipe) return chosen(schema.in, value);
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const { discriminator } = schema.def;
    const tag = member(value, discriminator);
    const option = schema.options.find(
      (candidate) => candidate instanceof z.ZodObject && z.safeParse(candidate.shape[discriminator], tag).success,
    );
    return option ?? schema;
  }
  if (schema instanceof z.ZodUnion)
    return schema.options.find((option) => option instanceof z.ZodObject || option instanceof z.ZodRecord) ?? schema;
  return schema;
}

function child(schema: z.core.$ZodType, key: PropertyKey): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodObject) return schema.shape[String(key)];
  if (schema instanceof z.ZodArray) return schema.element;
  return undefined;
}

function member(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
