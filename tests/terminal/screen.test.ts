import * as assert from 'uvu/assert';
import { chooseDrawing, formatLegend } from '../../src/terminal/drawing.js';
import { readScreen } from '../../src/terminal/screen.js';
import { CapturedStream } from '../harness/captured-stream.js';
import { group } from '../harness/group.js';

const TERMINAL = { stdout: true, stderr: true };

function screenOf(env: Record<string, string>, platform: NodeJS.Platform = 'linux') {
  return readScreen({ stdout: new CapturedStream(), env, isTerminal: TERMINAL }, platform);
}

group('readScreen', (test) => {
  test('a pipe is not a screen, even when messages go to a terminal', () => {
    const isTerminal = { stdout: false, stderr: true };
    assert.is(readScreen({ stdout: new CapturedStream(), env: { LANG: 'C.UTF-8' }, isTerminal }), undefined);
  });

  test('the width is that of the stream, 80 columns if it has none', () => {
    assert.is(screenOf({})?.columns, 100);
    const stdout = new CapturedStream();
    stdout.columns = 0;
    assert.is(readScreen({ stdout, env: {}, isTerminal: TERMINAL })?.columns, 80);
  });

  test('the locale decides about Unicode: LC_ALL before LC_CTYPE before LANG', () => {
    assert.is(screenOf({ LANG: 'en_US.UTF-8' })?.isUnicode, true);
    assert.is(screenOf({ LANG: 'de_DE.utf8' })?.isUnicode, true);
    assert.is(screenOf({ LANG: 'en_US.UTF-8', LC_ALL: 'C' })?.isUnicode, false);
    assert.is(screenOf({ LANG: 'C', LC_CTYPE: 'C.UTF-8' })?.isUnicode, true);
    assert.is(screenOf({ LANG: 'C', LC_ALL: '', LC_CTYPE: 'C.UTF-8' })?.isUnicode, true);
    assert.is(screenOf({})?.isUnicode, false);
    assert.is(screenOf({}, 'win32')?.isUnicode, true);
  });

  test('ASCII is drawn on request, and on a terminal without Unicode', () => {
    const drawn = (env: Record<string, string>, isAscii: boolean) => chooseDrawing(screenOf(env), isAscii).strip.full;
    assert.is(drawn({ LANG: 'C.UTF-8' }, false), '█');
    assert.is(drawn({ LANG: 'C.UTF-8' }, true), '#');
    assert.is(drawn({ LANG: 'C' }, false), '#');
    assert.is(chooseDrawing(undefined).strip.full, '█');
  });

  test('a legend follows its title on the same line, or below on as many lines as it needs', () => {
    assert.equal(formatLegend('title', 'a one  b two  c three', 28), ['title: a one  b two  c three']);
    assert.equal(formatLegend('title', 'a one  b two  c three', 27), ['title', 'a one  b two  c three']);
    assert.equal(formatLegend('title', 'a one  b two  c three', 12), ['title', 'a one  b two', 'c three']);
  });
});
