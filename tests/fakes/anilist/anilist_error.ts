import { GraphQLError } from "graphql";

/** A fault as AniList tells it: with an HTTP status of its own beside the message. */
export class AnilistError extends GraphQLError {
  constructor(message: string, readonly status: number) {
    super(message, { extensions: { status } });
  }
}
