import { sectionWith, writeSection } from './readme';
import { readResults } from './results';

// The last step of `npm run bench`, after everything was measured.
writeSection(sectionWith(readResults()));
