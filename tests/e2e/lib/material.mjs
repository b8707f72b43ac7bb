// What several stories send.

/** A PNG of one pixel, base64. */
export const PICTURE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const tools = [
    ['get_weather', 'The weather of a city', { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }],
    ['get_time', 'The time', { type: 'object', properties: {} }],
];

/** Two tools in the form of each API. */
export const TOOLS = {
    openai: tools.map(([name, description, parameters]) => ({ type: 'function', function: { name, description, parameters } })),
    responses: tools.map(([name, description, parameters]) => ({ type: 'function', name, description, parameters, strict: false })),
    anthropic: tools.map(([name, description, input_schema]) => ({ name, description, input_schema })),
};
