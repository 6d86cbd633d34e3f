import { documentOf } from '../framework/document/document.js';
import { about, text } from '../framework/document/shape.js';

interface Completion {
  shell: string;
  script: string;
}

export const completionDocument = documentOf<Completion, Completion>(({ shell, script }) => ({ shell, script }), {
  shell: text,
  script: about('What the shell evaluates.', text),
});
