import * as assert from 'uvu/assert';
import { SETTINGS } from '../../src/config/settings.js';
import { findUnknownVariables } from '../../src/config/unknown-variables.js';
import { group } from '../harness/group.js';

/** Maps each unknown variable of these to the known one that was probably meant. */
function nearestOf(...names: string[]): Record<string, string | undefined> {
  const found = findUnknownVariables(Object.fromEntries(names.map((name) => [name, '1'])));
  return Object.fromEntries(found.map(({ variable, nearest }) => [variable, nearest]));
}

group('an unknown variable', (test) => {
  test('is one with the prefix of the program that is none of its own', () => {
    const known = SETTINGS.map(({ variable }) => variable);
    assert.equal(nearestOf(...known, 'CHARTCTL_CONFIG', 'CHARTCTL_WEBHOOK_SECRET', 'DATABASE_URL', 'PATH'), {});
    assert.equal(nearestOf('CHARTCTL_DUE_SYMBOLS', 'CHARTCTL_REASONS', 'CHARTCTL_JOB_ID'), {});
  });

  test('comes with the nearest known one, if one is near', () => {
    assert.equal(nearestOf('CHARTCTL_SYMBOL', 'CHARTCTL_BINANCE_URLS', 'CHARTCTL_DATADIR', 'chartctl_sigma'), {
      CHARTCTL_BINANCE_URLS: 'CHARTCTL_BINANCE_URL',
      CHARTCTL_DATADIR: 'CHARTCTL_DATA_DIR',
      CHARTCTL_SYMBOL: 'CHARTCTL_SYMBOLS',
      chartctl_sigma: 'CHARTCTL_SIGMA',
    });
    assert.equal(nearestOf('CHARTCTL_IMAGE_TAG'), { CHARTCTL_IMAGE_TAG: undefined });
  });

  test('is not one that Kubernetes sets for a service named chartctl', () => {
    const names = ['SERVICE_HOST', 'SERVICE_PORT', 'SERVICE_PORT_HTTP', 'PORT', 'PORT_80_TCP', 'PORT_80_TCP_ADDR'];
    assert.equal(nearestOf(...names.map((name) => `CHARTCTL_${name}`)), {});
  });
});
