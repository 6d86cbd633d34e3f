import type { CheckRetrainResult, CheckRetrainSummary } from '../../jobs/retrain/check-retrain.js';
import type { CommandResult } from '../../jobs/retrain/run-command.js';
import type { Delivery } from '../../monitoring/webhook.js';
import type { RetrainReason } from '../../quality/assess-retrain.js';
import { RANGE_MEMBERS } from '../framework/document/domain-shapes.js';
import { jobDocument } from '../framework/document/document.js';
import {
  about,
  boolean,
  from,
  integer,
  list,
  nullable,
  number,
  numberOrNull,
  object,
  oneOf,
  text,
  time,
} from '../framework/document/shape.js';

type SymbolMembers = Omit<CheckRetrainSummary, 'window'> & { windowRows: number };

export const checkRetrainDocument = jobDocument<
  CheckRetrainResult,
  Pick<CheckRetrainResult, 'isDue' | 'webhook' | 'exec'>,
  SymbolMembers
>(
  {
    rows: about('The newest rows that were assessed.', integer),
    windowRows: about('The number of rows that was asked for.', integer),
    replaced: about('Assessed rows that backfill has written since the last training.', integer),
    share: about('replaced / rows; 0 without rows.', number),
    threshold: about('The share above which a training is due.', number),
    isDue: boolean,
    reasons: about(
      'Every reason that was checked.',
      list(
        object<RetrainReason>({
          reason: oneOf('replaced', 'age', 'new_rows', 'fallback', 'drift'),
          value: numberOrNull,
          threshold: number,
          unit: oneOf('share', 'seconds', 'rows'),
          isDue: boolean,
          text,
        }),
      ),
    ),
    trainedAt: about('When the last training before this run was recorded.', nullable(time)),
    marked: about(
      'The rows that this run recorded as trained.',
      nullable(object<NonNullable<CheckRetrainSummary['marked']>>({ ...RANGE_MEMBERS, rows: integer })),
    ),
  },
  {
    arrange: ({ window, ...others }) => ({ ...others, windowRows: window }),
    pick: ({ isDue, webhook, exec }) => ({ isDue, webhook, exec }),
    members: {
      isDue: about('Whether a training of any of the symbols is due.', boolean),
      webhook: about(
        'The webhook that was called; null: none.',
        nullable(object<Delivery>({ host: text, attempts: integer })),
      ),
      exec: about(
        'The program that was run; null: none.',
        nullable(
          from(
            ({ command, ...others }: CommandResult) => ({ commandLine: command, ...others }),
            object({
              commandLine: about('Its words; passwords are masked.', list(text)),
              exitCode: integer,
              seconds: number,
            }),
          ),
        ),
      ),
    },
  },
);
