import { createRequire } from 'node:module';
import { join } from 'node:path';

// The packages are installed into the build tree (KIROGATE_E2E_MODULES), where an import from this
// folder would not look.
const load = createRequire(join(process.env.KIROGATE_E2E_MODULES, 'package.json'));

export const openai = () => load('openai');
export const anthropic = (major) => load(`anthropic-sdk-${major}`);
export const openai_zod = () => load('openai/helpers/zod');
export const zod = () => load('zod');
export const ai = () => load('ai');
export const ai_openai = () => load('@ai-sdk/openai');
export const ai_anthropic = () => load('@ai-sdk/anthropic');
