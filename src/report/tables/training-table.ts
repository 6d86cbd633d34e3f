import { formatCount, formatInstant, formatStretch, NO_VALUE } from '../format-figures.js';
import type { Markup } from '../markup.js';
import type { ReportTraining } from '../report-data.js';
import { linkToPlace, type TablePlace } from './place-link.js';
import { renderNothing, renderTable, type Table } from './table.js';

type TrainingRow = ReportTraining & { place: TablePlace };

export const TRAINING_TABLE: Table<TrainingRow> = {
  name: 'trainings',
  columns: [
    { title: 'At', cell: ({ trainedAt }) => formatInstant(trainedAt) },
    { title: 'Kind', cell: ({ kind }) => kind },
    {
      title: 'Minutes',
      cell: ({ from, to, place }) => {
        if (from === null || to === null) return NO_VALUE;
        return linkToPlace(place, { from, to }, formatStretch({ from, to }));
      },
    },
    { title: 'Rows', kind: 'number', cell: ({ rows }) => (rows === null ? NO_VALUE : formatCount(rows)) },
    { title: 'Job', kind: 'number', cell: ({ jobId }) => jobId ?? NO_VALUE },
    { title: 'File', kind: 'text', cell: ({ file }) => file ?? NO_VALUE },
    { title: 'SHA-256', kind: 'text', cell: ({ sha256 }) => sha256 ?? NO_VALUE },
  ],
};

export function renderTrainings(trainings: readonly ReportTraining[], place: TablePlace): Markup {
  if (trainings.length === 0) return renderNothing('No export and no training was recorded yet.');
  return renderTable(
    TRAINING_TABLE,
    'Training marks and exported files, newest first (UTC)',
    trainings.map((training) => ({ ...training, place })),
  );
}
