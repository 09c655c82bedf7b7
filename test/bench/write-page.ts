import { SECTION, sectionWith } from './page';
import { readResults } from './results';

// The last step of `npm run bench`, after everything was measured.
SECTION.write(sectionWith(readResults()));
