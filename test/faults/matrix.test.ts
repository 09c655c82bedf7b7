import { cellsOf } from './matrix';
import { START_PATH } from './start-path';
import { testParts } from './suite';
import { WAKE_PATH } from './wake-path';
import { WATCH_PATH } from './watch-path';

testParts({ start: cellsOf(START_PATH), watch: cellsOf(WATCH_PATH), wake: cellsOf(WAKE_PATH) });
