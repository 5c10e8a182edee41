/** What an answer goes out by, as the HTTP server hands it over; absent: nothing but the answer is wanted. */
export interface Connection {
  readonly outgoing?: { destroy(): unknown };
}

/**
 * The body of an answer, of texts that are made no sooner than they are taken; a HEAD request takes none. An error breaks
 * the connection off: an orderly end would look like that of the whole.
 *
 * @param onError - told of the error, unless whoever takes the texts has gone
 */
export function bodyOf(
  texts: AsyncIterator<string>,
  connection: Connection,
  onError: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let isLeft = false;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = await texts.next();
          if (isLeft) return;
          if (next.done === true) controller.close();
          else controller.enqueue(encoder.encode(next.value));
        } catch (error) {
          if (isLeft) return;
          onError(error);
          // The server would write the error's text behind what has been sent, and its stack to stderr.
          if (connection.outgoing === undefined) controller.error(error);
          else connection.outgoing.destroy();
        }
      },
      async cancel() {
        isLeft = true;
        await texts.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
