import { isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, type ParsedNode, parseDocument } from 'yaml';
import { InputError } from '../errors.ts';

const maximumBytes = 256 * 1024;
const maximumDepth = 32;

/** Kinds of plain data, written out or found by the parser. */
const plainTags: ReadonlySet<string> = new Set(
  ['map', 'seq', 'str', 'int', 'float', 'bool', 'null'].map((kind) => `tag:yaml.org,2002:${kind}`),
);

/** Plain data of a YAML file, and where each part of it stands. Mappings have no prototype. */
export interface YamlDocument {
  readonly file: string;
  readonly value: unknown;
  /** Line, counted from 1, of the value at a path; of its nearest ancestor where the path does not exist. */
  lineOf(path: readonly PropertyKey[]): number;
  /** Its column, counted from 1. */
  columnOf(path: readonly PropertyKey[]): number;
}

/**
 * Reads one YAML 1.2 document of plain data. Refused: more than 256 KiB, nesting above 32, several documents, aliases,
 * tags, keys that are no scalars, duplicate keys, integers above 2^53, and everything the parser only warns of.
 *
 * Depth is found with the lexer, which does not recurse, before anything is parsed: the parser aborts the process on
 * deep nesting. Duplicate keys are found here, since the parser's own search takes time in their square.
 *
 * @throws InputError with file and line
 */
export function parseYaml(file: string, text: string): YamlDocument {
  if (Buffer.byteLength(text) > maximumBytes) {
    throw new InputError({ file }, `the file is larger than ${maximumBytes / 1024} KiB; a profile is a page of text`);
  }
  checkDepth(file, text);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
  });
  const lineAt = (offset: number): number => Math.max(1, lines.linePos(offset).line);
  const [problem] = [...document.errors, ...document.warnings];
  if (problem)
    throw new InputError({ file, line: lineAt(problem.pos[0]) }, `this is not YAML: ${firstLine(problem.message)}`);

  const positions = new Map<string, { readonly line: number; readonly col: number }>();
  const convert = (node: ParsedNode | null, path: readonly PropertyKey[]): unknown => {
    if (node === null) return null;
    const line = lineAt(node.range[0]);
    if (!positions.has(pathKey(path))) positions.set(pathKey(path), lines.linePos(node.range[0]));
    if (isAlias(node)) throw new InputError({ file, line }, 'aliases are not read; write the value again');
    if (node.tag !== undefined && !plainTags.has(node.tag)) {
      throw new InputError({ file, line }, `the tag ${node.tag} is not read`);
    }
    if (isSeq(node)) return node.items.map((item, index) => convert(item, [...path, index]));
    if (isMap(node)) {
      const mapping: Record<string, unknown> = Object.create(null);
      for (const { key, value } of node.items) {
        const keyLine = key === null ? line : lineAt(key.range[0]);
        if (!isScalar(key)) throw new InputError({ file, line: keyLine }, 'a key must be plain text');
        const name = typeof key.source === 'string' && key.source !== '' ? key.source : String(key.value);
        if (Object.hasOwn(mapping, name))
          throw new InputError({ file, line: keyLine }, `the key "${name}" is there twice`);
        positions.set(pathKey([...path, name]), lines.linePos(key.range[0]));
        mapping[name] = convert(value, [...path, name]);
      }
      return mapping;
    }
    const { value } = node;
    if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
      throw new InputError({ file, line }, `the number ${String(node.source)} is too large to be exact`);
    }
    return value;
  };
  const value = convert(document.contents, []);
  const nearest = (path: readonly PropertyKey[]): { readonly line: number; readonly col: number } => {
    for (let length = path.length; length >= 0; length--) {
      const found = positions.get(pathKey(path.slice(0, length)));
      if (found !== undefined) return found;
    }
    return { line: 1, col: 1 };
  };
  return {
    file,
    value,
    lineOf: (path) => Math.max(1, nearest(path).line),
    columnOf: (path) => Math.max(1, nearest(path).col),
  };
}

function pathKey(path: readonly PropertyKey[]): string {
  return JSON.stringify(path.map(String));
}

function firstLine(message: string): string {
  return (message.split('\n', 1)[0] ?? message).replace(/:$/, '');
}

/** Marks that the lexer puts between the parts of a text: byte order mark, document mode, flow error, scalar. */
const lexerMarks: ReadonlySet<string> = new Set(['\ufeff', '\u0002', '\u0018', '\u001f']);

/** Depth of flow brackets plus depth of block indentation, an upper bound of the nesting that the parser would see. */
function checkDepth(file: string, text: string): void {
  const blockColumns: number[] = [];
  let flowDepth = 0;
  let column = 0;
  let line = 1;
  let startsNode = true;
  for (const token of new Lexer().lex(text)) {
    if (lexerMarks.has(token)) continue;
    const blank = token.trim() === '';
    if (startsNode && flowDepth === 0 && !blank) {
      while ((blockColumns.at(-1) ?? -1) > column) blockColumns.pop();
      if ((blockColumns.at(-1) ?? -1) < column) blockColumns.push(column);
    }
    if (token === '[' || token === '{') flowDepth += 1;
    else if (token === ']' || token === '}') flowDepth -= 1;
    if (!blank) startsNode = token === '-' || token === '?' || token === ':';
    if (flowDepth + blockColumns.length > maximumDepth) {
      throw new InputError({ file, line }, `the file is nested deeper than ${maximumDepth} levels`);
    }
    const lastNewline = token.lastIndexOf('\n');
    if (lastNewline === -1) column += token.length;
    else {
      for (let at = token.indexOf('\n'); at !== -1; at = token.indexOf('\n', at + 1)) line += 1;
      column = token.length - lastNewline - 1;
      startsNode = true;
    }
  }
}
