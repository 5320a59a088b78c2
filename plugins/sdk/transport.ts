/** What carries lines between a plugin and its host: standard input and output, or memory in tests. */

/** Receives what the other side sent. */
export interface LineSink {
  /** One message, without its newline. */
  line(text: string): void;
  /** Input that was dropped, and why; the stream goes on. */
  fault(reason: string): void;
}

export interface Transport {
  /** Delivers every line to `sink`; resolves when the input has ended. Called once. */
  receive(sink: LineSink): Promise<void>;
  /** Queues one line. Never blocks on the other side and never throws: a gone reader shows as the end of input. */
  send(text: string): void;
  /** Resolves when everything queued has left the process. */
  flush(): Promise<void>;
}
