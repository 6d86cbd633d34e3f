import * as assert from 'uvu/assert';
import { Flags } from '../../../src/commands/framework/options/flags.js';
import { readRules } from '../../../src/commands/framework/options/rule-flags.js';
import { CLEAN_RULE_NAMES, DEFAULT_RULES } from '../../../src/quality/rules/rules.js';
import { group } from '../../harness/group.js';

function read(raw: { with?: string; without?: string }): string[] {
  const flags = new Flags(raw, '/');
  const rules = readRules(flags);
  flags.problems.throwIfAny();
  return rules;
}

group('readRules', (test) => {
  test('two rules are on by default', () => assert.equal(read({}), [...DEFAULT_RULES]));

  test('--with adds, --without removes, in any case and order', () => {
    assert.equal(read({ with: 'price_jump, FLAT_PRICE' }), ['unsound', 'price_jump', 'flat_price', 'volume_spike']);
    assert.equal(read({ without: 'volume_spike' }), ['unsound']);
    assert.equal(read({ with: 'wrong_market', without: 'unsound,volume_spike' }), ['wrong_market']);
  });

  test('"all" means every rule, and may be combined with --without', () => {
    assert.equal(read({ with: 'all' }), CLEAN_RULE_NAMES);
    assert.equal(
      read({ with: 'all', without: 'flat_price' }),
      CLEAN_RULE_NAMES.filter((rule) => rule !== 'flat_price'),
    );
    assert.equal(read({ without: 'all' }), []);
  });
});
