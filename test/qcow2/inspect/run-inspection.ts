import { ImageFile } from '../../../src/qcow2/image-file.ts';
import type { ImageSource } from '../../../src/qcow2/image-source.ts';
import { type ImageCensus, inspectImage } from '../../../src/qcow2/inspect/inspect-image.ts';

/** Runs an inspection to its end. */
export function censusOf(source: ImageSource): ImageCensus {
  const steps = inspectImage(source);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

export function censusOfFile(path: string): ImageCensus {
  const file = ImageFile.open(path, path);
  try {
    return censusOf(file);
  } finally {
    file.close();
  }
}
