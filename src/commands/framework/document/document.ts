import { EXIT_CODES, type Failure } from '../../../core/failure.js';
import type { JobResult } from '../../../jobs/job.js';
import { type FailureDocument, toFailureDocument } from '../../../terminal/json.js';
import {
  about,
  boolean,
  integer,
  type JsonSchema,
  list,
  type MembersOf,
  nullable,
  object,
  oneOf,
  optional,
  type Shape,
  text,
} from './shape.js';

/** The document that a command prints with `--json`: the members beside the common ones. */
export interface Document<Result> {
  /** A schema of these members for each form of the result. */
  readonly forms: readonly JsonSchema[];
  /** The members of a result; undefined: it is printed as text, because the text is JSON already. */
  toMembers(result: Result, problems: ReadonlyMap<string, Failure>): Record<string, unknown> | undefined;
  /** Why a symbol without a failure makes the command end with another exit code than 0. */
  problemOf?(result: Result, symbol: string): Failure | undefined;
  /** The same of the result as a whole. */
  problemOfAll?(result: Result): Failure | undefined;
}

/** The document of a command that is not about each of several symbols. */
export function documentOf<Result, Members extends object>(
  pick: (result: Result) => Members,
  members: MembersOf<Members>,
  { problemOfAll }: Pick<Document<Result>, 'problemOfAll'> = {},
): Document<Result> {
  const shape = object<Members>(members);
  return {
    forms: [shape.schema],
    toMembers: (result) => shape.toJson(pick(result)) as Record<string, unknown>,
    ...(problemOfAll && { problemOfAll }),
  };
}

/** The document of a command whose result has one of several forms. */
export function documentOfForms<Result>(
  choose: (result: Result) => number | undefined,
  documents: readonly Document<never>[],
  { problemOfAll }: Pick<Document<Result>, 'problemOfAll'> = {},
): Document<Result> {
  return {
    ...(problemOfAll && { problemOfAll }),
    forms: documents.flatMap(({ forms }) => forms),
    toMembers: (result, problems) => {
      const form = choose(result);
      return form === undefined ? undefined : documents[form]!.toMembers(result as never, problems);
    },
  };
}

/** What the document of a job has beside its symbols. */
interface JobDocumentParts<Result, Members extends object, Summary> {
  /** Renames members of a symbol's summary. */
  arrange: (summary: SummaryOf<Result>) => Summary;
  /** Members beside the symbols. */
  pick: (result: Result) => Members;
  members: MembersOf<Members>;
  problemOf?: (result: Result, symbol: string) => Failure | undefined;
}

type SummaryOf<Result> = Result extends JobResult<infer Summary> ? Summary : never;

/** The document of a job: an entry for each symbol, with its summary or its error. */
export function jobDocument<
  Result extends JobResult<object>,
  Members extends object = object,
  Summary = SummaryOf<Result>,
>(
  summary: MembersOf<Summary>,
  { arrange, pick, members, problemOf }: Partial<JobDocumentParts<Result, Members, Summary>> = {},
): Document<Result> {
  const entry = toEntryShape(summary, arrange as ArrangeSummary | undefined);
  const others = object<Members>(members ?? ({} as MembersOf<Members>));
  const { required, properties } = others.schema as { required: string[]; properties: object };
  const symbols = { description: 'How each symbol ended.', type: 'array', items: entry.schema };
  return {
    forms: [{ ...others.schema, required: ['symbols', ...required], properties: { symbols, ...properties } }],
    toMembers: (result, problems) => ({
      symbols: result.outcomes.map((outcome) => entry.toJson(outcome, problems.get(outcome.symbol))),
      ...(pick && (others.toJson(pick(result)) as object)),
    }),
    ...(problemOf && { problemOf }),
  };
}

type Outcome = JobResult<object>['outcomes'][number];
type ArrangeSummary = (summary: object) => object;

const failureShape = object<FailureDocument>({
  code: about('A stable word, such as UNKNOWN_SYMBOL or an SQLSTATE.', text),
  message: text,
  hint: about('What to do about it.', optional(text)),
  retryAfterMs: about('How long to wait before the next attempt.', optional(integer)),
});

/** A symbol with `ok: true` and its summary, or with `ok: false`, an error, and the summary as far as there is one. */
function toEntryShape(summary: Record<string, Shape<never>>, arrange: ArrangeSummary = (found) => found) {
  const partial = Object.fromEntries(Object.entries(summary).map(([name, shape]) => [name, optional(shape)]));
  const toShape = (members: object) => object<Record<string, unknown>>(members as never);
  const done = toShape({ symbol: text, ok: isTrue, ...summary });
  const failed = toShape({ symbol: text, ok: isFalse, ...partial, error: failureShape });
  return {
    schema: { anyOf: [done.schema, failed.schema] },
    toJson: ({ symbol, summary: given }: Outcome, failure: Failure | undefined) => {
      const found = given && arrange(given);
      return failure
        ? failed.toJson({ symbol, ok: false, ...found, error: toFailureDocument(failure) })
        : done.toJson({ symbol, ok: true, ...found });
    },
  };
}

export const isTrue: Shape<boolean> = { schema: { const: true }, toJson: (value) => value };
const isFalse: Shape<boolean> = { schema: { const: false }, toJson: (value) => value };

/** The members that every document has, around those of its command. */
interface CommonMembers {
  command: string | null;
  ok: boolean;
  exitCode: number;
  jobId: number | null;
  symbols: readonly unknown[];
  notices?: readonly string[];
  error?: FailureDocument;
}

/** The declaration of the common members, by which the schemas and the reference are made. */
export function commonMembers(command: string | null): MembersOf<CommonMembers> {
  return {
    command: about(
      'The name of the command; null when none was recognised.',
      command === null ? NULL : oneOf(command),
    ) as Shape<string | null>,
    ok: about('Whether it succeeded: the exit code is 0, or 10 for a condition that is true.', boolean),
    exitCode: about('The exit code of the process.', oneOf(...Object.values(EXIT_CODES)) as unknown as Shape<number>),
    jobId: about('Its row in chartctl_jobs; null when no job was recorded.', nullable(integer)),
    symbols: about(
      'What was found of each symbol; empty in commands that are not about symbols, and when the command failed as a whole.',
      { schema: { type: 'array', maxItems: 0 }, toJson: (value: readonly unknown[]) => value },
    ),
    notices: about('Messages beside the result, as on standard error.', optional(list(text))),
    error: about('What it failed with; always there when ok is false.', optional(failureShape)),
  };
}

const NULL: Shape<null> = { schema: { type: 'null' }, toJson: () => null };

/**
 * The published schema of a command's document.
 *
 * @param command null for the document of a call whose command was not recognised
 * @param document undefined for a command that prints its text with `--json` too
 */
export function toDocumentSchema(command: string | null, document: Document<never> | undefined): JsonSchema {
  const common = object<CommonMembers>(commonMembers(command)).schema as unknown as ClosedObject;
  const failed = {
    ...common,
    required: [...common.required, 'error'],
    properties: { ...common.properties, ok: { const: false } },
  };
  const forms = (document?.forms ?? []).map((form) => merge(common, form as unknown as ClosedObject));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:chartctl:document:${command ?? 'none'}:1`,
    title: command === null ? 'chartctl --json' : `chartctl ${command} --json`,
    description:
      'Times are ISO 8601 in UTC, ranges are half-open. The last form is that of a command that failed as a whole.',
    if: { properties: { ok: { const: false } } },
    then: { required: ['error'] },
    anyOf: [...forms, failed],
  };
}

interface ClosedObject {
  required: readonly string[];
  properties: Readonly<Record<string, unknown>>;
}

function merge(common: ClosedObject, form: ClosedObject): JsonSchema {
  return {
    ...common,
    required: [...new Set([...common.required, ...form.required])],
    properties: { ...common.properties, ...form.properties },
  };
}
