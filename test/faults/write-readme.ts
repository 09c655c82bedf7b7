import { readCounts } from './counts';
import { sectionWith, writeSection } from './readme';

// The last step of `npx projen faults:readme`, after the suite has counted.
writeSection(sectionWith(readCounts()));
