import { combinations, COUNT, SEED } from './combinations';
import { testParts } from './suite';

const seed = Number(process.env.FAULT_SEED ?? SEED);
const count = Number(process.env.FAULT_COMBINATIONS ?? COUNT);

testParts({ combinations: combinations(seed, count) }, seed === SEED && count === COUNT);
