import { type IncomingMessage, type ServerResponse } from "node:http";
import { type Clock } from "@sluice/base";
import { type Catalog } from "../discovery/catalog.ts";
import { type OpenApiDocuments } from "../discovery/open-api.ts";
import { type Resource } from "../discovery/resource.ts";
import { type MessageTypes } from "../protobuf/message-types.ts";
import { type RegistryContext } from "../registry/context.ts";
import { type Target } from "../registry/identity.ts";
import { type Accepted } from "./accept.ts";

/** Who sends a request. */
export interface User {
  username: string;
  uid?: string;
  groups: readonly string[];
}

/** The parts of the server that request handlers use. */
export interface ServerParts {
  readonly registry: RegistryContext;
  readonly catalog: Catalog;
  readonly openApi: OpenApiDocuments;
  /** How to read bodies in protobuf. */
  readonly messages: MessageTypes;
  readonly clock: Clock;
  /** `host:port` as clients reach this server. */
  address(): string;
  /** Aborts when the server closes: long answers end then. */
  readonly closing: AbortSignal;
}

/** One request and its answer. */
export interface Exchange {
  readonly server: ServerParts;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly user: User;
}

/** A request about a resource that exists. */
export interface ResourceExchange extends Exchange {
  readonly accepted: Accepted;
  readonly resource: Resource;
  readonly target: Target;
  readonly subresource: string | undefined;
}
