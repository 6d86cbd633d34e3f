import type { ReproducedFile, ReproduceResult } from '../../jobs/compare/reproduce.js';
import { differences } from '../framework/document/difference-shapes.js';
import { range } from '../framework/document/domain-shapes.js';
import { documentOf } from '../framework/document/document.js';
import { about, boolean, from, integer, list, nullable, object, text } from '../framework/document/shape.js';

type FileEntry = Omit<ReproducedFile, 'differences'> & { comparison: ReproducedFile['differences'] };

type Members = Pick<ReproduceResult, 'exportJobId' | 'isIdentical' | 'files'>;

export const reproduceDocument = documentOf<ReproduceResult, Members>(
  ({ exportJobId, isIdentical, files }) => ({ exportJobId, isIdentical, files }),
  {
    exportJobId: about('The job that exported the set.', integer),
    isIdentical: about('Whether every file was made again with the same SHA-256.', boolean),
    files: list(
      from(
        ({ differences: found, ...others }: ReproducedFile): FileEntry => ({ ...others, comparison: found }),
        object<FileEntry>({
          path: text,
          range,
          rows: about('Rows of the exported file.', integer),
          sha256: about('Of the exported file.', text),
          isIdentical: boolean,
          madeRows: about('Rows of the file as it is made now.', integer),
          comparison: about('A is the file, B what is made now; null when it is identical.', nullable(differences)),
          notCompared: about('Why the rows were not compared.', nullable(text)),
        }),
      ),
    ),
  },
  { problemOfAll: ({ problem }) => problem },
);
