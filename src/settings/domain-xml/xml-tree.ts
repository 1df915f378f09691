import { InputError } from '../../errors.ts';

/** An element with what is in it. Names and values are as the file has them. */
export interface XmlElement {
  /** Local name. */
  readonly name: string;
  readonly namespace: string;
  readonly line: number;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** All text directly in it, trimmed. */
  readonly text: string;
}

interface OpenElement extends XmlElement {
  readonly children: OpenElement[];
  text: string;
}

/** Deeper than any domain: libvirt's own parser stops at 256. */
const deepest = 128;

/** Longest file that is read, bytes. A domain with a thousand disks has half a megabyte. */
export const longestXmlBytes = 16 * 1024 ** 2;

/**
 * Reads XML and keeps the elements that are asked for, whole; everything else is passed over. A document type is refused, so that
 * there are no entities but XML's own five.
 * @param file for messages @param chunks the file's text in pieces @param wanted whether an element is kept
 * @throws InputError with the line for what is not well-formed, a document type, and elements nested more than 128 deep
 */
export async function readXmlElements(
  file: string,
  chunks: AsyncIterable<string> | Iterable<string>,
  wanted: (name: string, namespace: string, depth: number) => boolean,
): Promise<{ readonly root: string; readonly elements: readonly XmlElement[] }> {
  // Loaded here: nobody who asks for arithmetic needs it.
  const { SaxesParser } = await import('saxes');
  const parser = new SaxesParser({ xmlns: true });
  const kept: XmlElement[] = [];
  const open: OpenElement[] = [];
  let depth = 0;
  let root = '';
  const refuse = (message: string, hint?: string): never => {
    throw new InputError({ file, line: parser.line }, message, hint === undefined ? {} : { hint });
  };
  parser.on('error', (error) => {
    refuse(`it is not well-formed XML: ${error.message.replace(/^\d+:\d+: /, '')}`);
  });
  parser.on('doctype', () => {
    refuse('it has a document type, which no domain needs', 'Remove <!DOCTYPE …> with its entities.');
  });
  parser.on('opentag', (tag) => {
    if (depth === 0) root = tag.local;
    if (depth >= deepest) refuse(`elements are nested more than ${deepest} deep`);
    if (open.length > 0 || wanted(tag.local, tag.uri, depth)) {
      const element: OpenElement = {
        name: tag.local,
        namespace: tag.uri,
        line: parser.line,
        attributes: new Map(Object.values(tag.attributes).map(({ name, value }) => [name, value])),
        children: [],
        text: '',
      };
      open.at(-1)?.children.push(element);
      open.push(element);
    }
    depth++;
  });
  const addText = (text: string): void => {
    const element = open.at(-1);
    if (element) element.text += text;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    depth--;
    const element = open.pop();
    if (element === undefined) return;
    element.text = element.text.trim();
    if (open.length === 0) kept.push(element);
  });
  for await (const chunk of chunks) parser.write(chunk);
  parser.close();
  return { root, elements: kept };
}

/** The first child of that name in no namespace. */
export function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((one) => one.name === name && one.namespace === '');
}
