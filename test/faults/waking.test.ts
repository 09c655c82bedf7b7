import { cellsOf } from './matrix';
import { testParts } from './suite';
import { WAKE_PATH } from './wake-path';

testParts({ wake: cellsOf(WAKE_PATH) });
