import { CITUS } from './engine-urls.js';
import { killServerOf } from './killed-server.js';

killServerOf(CITUS);
