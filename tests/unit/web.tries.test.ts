import { expect, test } from 'vitest';
import { Tries } from '../../src/web/tries.ts';

/** How many pulses go by until the next try, which fails. */
function pulsesUntilTry(tries: Tries): number {
  let pulses = 1;
  while (!tries.pulse()) pulses += 1;
  tries.fail();
  return pulses;
}

test('what fails is tried less and less often, up to each minute', () => {
  const tries = new Tries();
  const found = Array.from({ length: 9 }, () => pulsesUntilTry(tries));
  expect(found).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  expect(tries.isFirst).toBe(false);
});

test('what somebody asks for is tried soon, once', () => {
  const tries = new Tries();
  tries.ask();
  expect(pulsesUntilTry(tries), 'not later than it would be anyway').toBe(1);
  for (let i = 0; i < 8; i += 1) pulsesUntilTry(tries);
  tries.ask();
  expect(pulsesUntilTry(tries)).toBe(5);
  expect(pulsesUntilTry(tries)).toBe(60);
});
