import * as assert from 'uvu/assert';
import { getDataFolder } from '../../src/config/config.js';
import { group } from '../harness/group.js';

group('getDataFolder', (test) => {
  test('on Linux it is XDG_DATA_HOME, else below the home directory', () => {
    assert.is(getDataFolder({ HOME: '/home/a', XDG_DATA_HOME: '/data' }, 'linux'), '/data/chartctl');
    assert.is(getDataFolder({ HOME: '/home/a' }, 'linux'), '/home/a/.local/share/chartctl');
  });

  test('a relative XDG_DATA_HOME is ignored, as its specification demands', () => {
    assert.is(getDataFolder({ HOME: '/home/a', XDG_DATA_HOME: 'data' }, 'linux'), '/home/a/.local/share/chartctl');
  });

  test('on macOS it is Application Support', () => {
    assert.is(getDataFolder({ HOME: '/Users/a' }, 'darwin'), '/Users/a/Library/Application Support/chartctl');
  });

  test('on Windows it is LOCALAPPDATA', () => {
    assert.is(getDataFolder({ LOCALAPPDATA: 'C:\\L' }, 'win32'), 'C:\\L\\chartctl');
    assert.is(getDataFolder({ USERPROFILE: 'C:\\Users\\a' }, 'win32'), 'C:\\Users\\a\\AppData\\Local\\chartctl');
  });
});
