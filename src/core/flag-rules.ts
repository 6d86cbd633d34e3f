/** The rules by which `clean` can flag rows, the most telling first, with what each looks for. */
export const CLEAN_RULES = {
  unsound: 'a candle that cannot be',
  off_minute: 'a timestamp that was off the whole minute',
  wrong_market: 'a stretch of rows of another market',
  volume_unit: 'a volume in units of the quote asset',
  price_jump: 'a price jump that reverts and that no volume explains',
  flat_price: 'a stretch of candles without any movement or trade',
  volume_spike: 'a volume far above the mean',
} as const;

export type CleanRule = keyof typeof CLEAN_RULES;

export const CLEAN_RULE_NAMES = Object.keys(CLEAN_RULES) as CleanRule[];

/** Without being asked for more, `clean` goes by these: they need no judgement about markets. */
export const DEFAULT_RULES: readonly CleanRule[] = ['unsound', 'volume_spike'];

/** What `verify` flags rows for beside an unsound candle and another market: how they differ from the exchange's answer. */
export type VerifyRule = 'revised' | 'partial' | 'fallback' | 'different' | 'absent';

/** Why a row is flagged; `external`: somebody's SQL set `hasMissingData`. */
export type FlagRule = CleanRule | VerifyRule | 'external';
