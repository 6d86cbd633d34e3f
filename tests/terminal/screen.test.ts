import * as assert from 'uvu/assert';
import { chooseDrawing, formatLegend } from '../../src/terminal/drawing.js';
import { readScreen } from '../../src/terminal/screen.js';
import { CapturedStream } from '../harness/captured-stream.js';
import { group } from '../harness/group.js';

const TERMINAL = { stdout: true, stderr: true };

function screenOf(env: Record<string, string>, platform: NodeJS.Platform = 'linux') {
  return readScreen({ stdout: new CapturedStream(), env, isTerminal: TERMINAL }, platform);
}

group('the screen', (test) => {
  test('a pipe is none, even when messages go to a terminal', () => {
    const isTerminal = { stdout: false, stderr: true };
    assert.is(readScreen({ stdout: new CapturedStream(), env: { LANG: 'C.UTF-8' }, isTerminal }), undefined);
  });

  test('its width is that of the stream; one that tells none is taken for 80 columns', () => {
    assert.is(screenOf({})?.columns, 100);
    const stdout = new CapturedStream();
    stdout.columns = 0;
    assert.is(readScreen({ stdout, env: {}, isTerminal: TERMINAL })?.columns, 80);
  });

  test('the locale says whether it shows more than ASCII: LC_ALL before LC_CTYPE before LANG', () => {
    assert.is(screenOf({ LANG: 'en_US.UTF-8' })?.isUnicode, true);
    assert.is(screenOf({ LANG: 'de_DE.utf8' })?.isUnicode, true);
    assert.is(screenOf({ LANG: 'en_US.UTF-8', LC_ALL: 'C' })?.isUnicode, false);
    assert.is(screenOf({ LANG: 'C', LC_CTYPE: 'C.UTF-8' })?.isUnicode, true);
    assert.is(screenOf({ LANG: 'C', LC_ALL: '', LC_CTYPE: 'C.UTF-8' })?.isUnicode, true);
    assert.is(screenOf({})?.isUnicode, false);
    assert.is(screenOf({}, 'win32')?.isUnicode, true);
  });

  test('characters are plain where they are asked for, and where there are no others', () => {
    const drawn = (env: Record<string, string>, isAscii: boolean) => chooseDrawing(screenOf(env), isAscii).strip.full;
    assert.is(drawn({ LANG: 'C.UTF-8' }, false), '█');
    assert.is(drawn({ LANG: 'C.UTF-8' }, true), '#');
    assert.is(drawn({ LANG: 'C' }, false), '#');
    assert.is(chooseDrawing(undefined).strip.full, '█');
  });

  test('a legend stands beside its title, or under it on as many lines as it needs', () => {
    assert.equal(formatLegend('title', 'a one  b two  c three', 28), ['title: a one  b two  c three']);
    assert.equal(formatLegend('title', 'a one  b two  c three', 27), ['title', 'a one  b two  c three']);
    assert.equal(formatLegend('title', 'a one  b two  c three', 12), ['title', 'a one  b two', 'c three']);
  });
});
