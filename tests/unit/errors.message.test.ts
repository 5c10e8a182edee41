import { expect, test } from 'vitest';
import { messageOf } from '../../src/errors/index.ts';

test('of an error that only gathers others, as of a host with several addresses, the message is theirs', () => {
  const refused = ['::1', '127.0.0.1'].map((address) => new Error(`connect ECONNREFUSED ${address}:5432`));
  expect(messageOf(new AggregateError(refused))).toBe(
    'connect ECONNREFUSED ::1:5432; connect ECONNREFUSED 127.0.0.1:5432',
  );
  expect(messageOf(new AggregateError(['a text', new Error('')]))).toBe('a text; Error');
  expect(messageOf(new AggregateError(refused, 'no server'))).toBe('no server');
  expect(messageOf(new AggregateError([]))).toBe('AggregateError');
});

test('of an error that gathers itself is a message, too', () => {
  const error = new AggregateError([]);
  error.errors.push(error);
  expect(messageOf(error)).toBe('AggregateError');
});
