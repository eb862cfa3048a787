/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** What one submission of several items is answered with. */
export interface BatchAccepted {
  success: true;
  is_batch: true;
  batch_job_id: number;
  total_items: number;
  message: string;
  rejected_items?: number;
  rejected?: { index: number; url?: string; filename?: string; reason: string; code: string }[];
}

/** What one item is answered with: done, or, past the server's patience, still on its way. */
export interface SingleDone {
  success: true;
  is_batch: false;
  total_items: 1;
  file_id: string;
  knowledge_item_id: number;
  upload_id: string;
  title: string;
  content_preview: string;
  extraction_method: string;
  duplicate?: true;
  url?: string;
  filename?: string;
  size?: number;
}
export interface SingleWaiting {
  success: true;
  is_batch: false;
  total_items: 1;
  status: "pending" | "processing";
  upload_id: string;
  batch_job_id: number;
  file_id?: undefined;
}
export type SingleResult = SingleDone | SingleWaiting;

export type GuideStatus = "pending" | "processing" | "completed" | "failed" | "partially_completed";

export interface BatchJob {
  id: number;
  job_type: "url_parse" | "url_parse_media" | "file_upload";
  status: GuideStatus;
  total_items: number;
  completed_items: number;
  failed_items: number;
  processing_items: number;
  pending_items: number;
  progress_percentage: number;
  created_at: string;
  updated_at: string;
}

export interface BatchJobItem {
  id: number;
  status: "pending" | "processing" | "completed" | "failed";
  item_data: { url: string } | { filename: string; size: number };
  upload_id: string;
  result?: { file_id: string; knowledge_item_id: number; source_id: number; duplicate?: true };
  error?: string;
  error_code?: string;
  media?: Record<string, unknown>;
  attempts?: number;
  created_at: string;
  updated_at: string;
}

export interface BatchJobStatus {
  batch_job: BatchJob;
  items?: BatchJobItem[];
  next_offset?: number;
}

export interface Counts {
  total: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  expired: number;
  open: number;
  processing?: number;
}

export type BatchState =
  | "queued" | "running" | "paused" | "cancelling"
  | "completed" | "completed_with_errors" | "failed" | "cancelled" | "expired";
export type ItemState =
  | "pending" | "fetching" | "parsing" | "persisting" | "retry_wait"
  | "succeeded" | "failed" | "cancelled" | "expired";

export interface Batch {
  id: string;
  notebook: number;
  job_type: BatchJob["job_type"];
  state: BatchState;
  counts: Counts;
  progress_percentage: number;
  /** Of one that has ended. */
  reason?: string;
  tags?: string[];
  sealed?: boolean;
  created_at: string;
  updated_at: string;
  rejected?: { index: number; url: string; error: ItemError }[];
}

export interface ItemError {
  stage: "accept" | "fetch" | "parse" | "persist" | "batch";
  code: string;
  retryable: boolean;
  message: string;
  http_status?: number;
  attempt?: number;
  at?: string;
}

export interface Item {
  id: string;
  batch: string;
  index: number;
  state: ItemState;
  attempts: number;
  url?: string;
  filename?: string;
  size?: number;
  custom_id?: string;
  metadata?: Record<string, unknown>;
  file_id?: string;
  duplicate?: true;
  error?: ItemError;
  created_at: string;
  updated_at: string;
}

/** A line of a batch's results: an item that has ended, with its text when it succeeded. */
export interface Result {
  item: string;
  index: number;
  state: ItemState;
  cursor: string;
  markdown?: string;
  title?: string;
  file_id?: string;
  content_type?: string;
  extraction_method?: string;
  about?: Record<string, unknown>;
  custom_id?: string;
  metadata?: Record<string, unknown>;
  url?: string;
  filename?: string;
  error?: ItemError;
}

/** A durable transition; or, without a number, how much is in work. */
export type EventType =
  | "batch.accepted" | "batch.paused" | "batch.resumed" | "batch.extended" | "batch.sealed" | "batch.retried"
  | "batch.cancelling" | "batch.completed" | "batch.completed_with_errors" | "batch.failed" | "batch.cancelled"
  | "batch.expired" | "batch.open" | "batch.removed"
  | "item.attempt_failed" | "item.succeeded" | "item.failed" | "item.cancelled" | "item.expired" | "item.retried";
export interface BatchEvent {
  id: number;
  type: EventType;
  batch: string;
  notebook: number;
  at: string;
  counts: Counts;
  item?: string;
  index?: number;
  file_id?: string;
  code?: string;
}
export type Progress = { type: "progress" } & Omit<Batch, "id"> & { id: string };

export type NewItem =
  | string
  | {
      url?: string;
      original?: string;
      text?: string;
      filename?: string;
      custom_id?: string;
      metadata?: Record<string, unknown>;
      priority?: number;
      not_before?: string;
      deadline?: string;
    };

export interface NewBatch {
  items?: NewItem[];
  notebook?: number;
  strict?: boolean;
  sealed?: boolean;
  media?: boolean;
  max_age?: number;
  priority?: number;
  max_concurrency?: number;
  not_before?: string;
  deadline?: string;
  on_error?: "continue" | "cancel";
  expires_after?: number;
  tags?: string[];
  webhook?: string | { url: string; events?: string[]; secret?: string };
}

export interface Abortable {
  signal?: AbortSignal;
}

export interface ParseOptions extends Abortable {
  /** The caller's own id of the one item. */
  uploadUrlId?: string;
  searchMethod?: string;
  /** Seconds: a younger source of the same URL is taken instead of a fetch. */
  maxAge?: number;
  /** One URL that cannot be used refuses all. */
  strict?: boolean;
}

export interface ClientOptions {
  /** As `https://troupe.example`; in a page of the server's own origin it may be left out. */
  baseUrl?: string;
  /** An API key. Without one, cookies of a browser that has signed in are sent. */
  key?: string;
  fetch?: typeof fetch;
}

/** An answer that is no success. */
export class TroupeError extends Error {
  readonly status: number;
  /** Stable. */
  readonly code: string | undefined;
  readonly errors: { pointer?: string; parameter?: string; detail: string }[];
  readonly requestId: string | undefined;
  /** Seconds, when the server has no room now. */
  readonly retryAfter: number | undefined;
}

/** All functions fail with `TroupeError`, or with what `fetch` fails with. */
export class TroupeClient {
  constructor(options?: ClientOptions);

  /** One page is waited for; several become a batch. */
  parseUrl(url: string, notebookId: number | string, options?: ParseOptions): Promise<SingleResult>;
  parseUrl(urls: readonly string[], notebookId: number | string, options?: ParseOptions): Promise<BatchAccepted>;
  parseUrl(urls: string | readonly string[], notebookId: number | string, options?: ParseOptions): Promise<SingleResult | BatchAccepted>;
  /** The same, for what is said in the audio and video behind the pages. */
  parseUrlWithMedia(url: string, notebookId: number | string, options?: ParseOptions): Promise<SingleResult>;
  parseUrlWithMedia(urls: readonly string[], notebookId: number | string, options?: ParseOptions): Promise<BatchAccepted>;
  parseUrlWithMedia(urls: string | readonly string[], notebookId: number | string, options?: ParseOptions): Promise<SingleResult | BatchAccepted>;
  /** One file is waited for; several become a batch. */
  parseFile(file: Blob, uploadFileId: string | null | undefined, notebookId: number | string, options?: Abortable): Promise<SingleResult>;
  parseFile(files: readonly Blob[] | FileList, uploadFileId: null | undefined, notebookId: number | string, options?: Abortable): Promise<BatchAccepted>;
  getBatchJobStatus(notebookId: number | string, batchJobId: number, options?: Abortable & { limit?: number; offset?: number; items?: boolean }): Promise<BatchJobStatus>;

  createBatch(batch: NewBatch, options?: Abortable & { idempotencyKey?: string }): Promise<Batch>;
  /** A batch is named by its id, or by the guide's number. */
  getBatch(batch: string | number, options?: Abortable): Promise<Batch>;
  cancel(batch: string | number, options?: Abortable): Promise<Batch>;
  retry(batch: string | number, options?: Abortable & { items?: "failed" | "all"; stage?: "fetch" | "parse" }): Promise<Batch>;
  items(batch: string | number, options?: Abortable & { status?: ItemState; error_code?: string; host?: string; q?: string; limit?: number }): AsyncGenerator<Item, void>;
  /** Items in the order of their ends; with `follow` until the batch ends. A connection that breaks is made again. */
  results(batch: string | number, options?: Abortable & { follow?: boolean }): AsyncGenerator<Result, void>;
  /**
   * What happens to a batch until it ends. Each durable event comes once and in order, whatever breaks; where no
   * event stream gets through, by polling. Goes on behind the event `after`, if that is given.
   */
  watchBatch(batch: string | number, options?: Abortable & { after?: number }): AsyncGenerator<BatchEvent | Progress, void>;
  /** The batch once it has ended. */
  waitForBatch(batch: string | number, options?: Abortable & { onProgress?: (counts: Counts, event: BatchEvent | Progress) => void }): Promise<Batch>;
}
