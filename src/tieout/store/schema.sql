CREATE SCHEMA tieout;
CREATE FUNCTION tieout.keep_certification() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if (to_jsonb(old) - array['signed_by', 'signed_role', 'signed_at', 'stamp', 'revoked_at', 'revoked_why'])
        is distinct from (to_jsonb(new) - array['signed_by', 'signed_role', 'signed_at', 'stamp', 'revoked_at', 'revoked_why'])
        or (old.signed_by <> '' and (to_jsonb(old) - array['revoked_at', 'revoked_why'])
            is distinct from (to_jsonb(new) - array['revoked_at', 'revoked_why']))
        or old.revoked_at is not null then
        raise exception 'a certification is not changed: it is revoked, and made anew';
    end if;
    return new;
end $$;
CREATE FUNCTION tieout.keep_credential() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if (to_jsonb(old) - array['confirmed_at', 'ended_at', 'counter'])
        is distinct from (to_jsonb(new) - array['confirmed_at', 'ended_at', 'counter'])
        or old.ended_at is not null or new.counter < old.counter
        or (old.confirmed_at is not null and old.confirmed_at is distinct from new.confirmed_at) then
        raise exception 'a credential is not changed: it ends, and its counter only grows';
    end if;
    return new;
end $$;
CREATE FUNCTION tieout.keep_service_key() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if (to_jsonb(old) - array['ended_at', 'used_at']) is distinct from (to_jsonb(new) - array['ended_at', 'used_at'])
        or old.ended_at is distinct from new.ended_at and old.ended_at is not null then
        raise exception 'a key is not changed: it ends';
    end if;
    return new;
end $$;
CREATE FUNCTION tieout.keep_session() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if (to_jsonb(old) - array['seen_at', 'ended_at', 'ended_why'])
        is distinct from (to_jsonb(new) - array['seen_at', 'ended_at', 'ended_why'])
        or old.ended_at is not null then
        raise exception 'a session is not changed: it ends';
    end if;
    return new;
end $$;
CREATE FUNCTION tieout.keep_signature() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if (to_jsonb(old) - array['signed_by', 'signed_at', 'stamp', 'revoked_at', 'revoked_why'])
        is distinct from (to_jsonb(new) - array['signed_by', 'signed_at', 'stamp', 'revoked_at', 'revoked_why'])
        or (old.signed_by <> '' and old.signed_by is distinct from new.signed_by)
        or (old.revoked_at is not null) then
        raise exception 'a signature is not changed: it is revoked, and signed anew';
    end if;
    return new;
end $$;
CREATE FUNCTION tieout.posting_balances() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
declare bad text;
begin
    select external_id into bad from added
        group by external_id, plan_no, currency
        having sum(amount) <> 0 or sum(company_amount) <> 0 limit 1;
    if bad is not null then
        raise exception 'posting % does not balance', bad using errcode = '23514';
    end if;
    return null;
end $$;
CREATE FUNCTION tieout.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise exception '% is append-only: % refused', tg_table_name, tg_op using errcode = '55000';
end $$;
CREATE FUNCTION tieout.refuse_new_content() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if (to_jsonb(old) - array['state', 'closed_at', 'reason'])
        is distinct from (to_jsonb(new) - array['state', 'closed_at', 'reason']) then
        raise exception 'what is approved never changes: a new request takes its place'
            using errcode = '55000';
    end if;
    return new;
end $$;
CREATE FUNCTION tieout.refuse_other_versions() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
declare newest text;
begin
    select max(name) into newest from tieout.schema_migration;
    if current_setting('tieout.version', true) is distinct from newest
        and current_setting('application_name') like 'tieout%' then
        raise exception 'this database is of another version of Tieout (%), and this program knows %: nothing is written',
            newest, coalesce(nullif(current_setting('tieout.version', true), ''), 'an older one')
            using errcode = '55T01', hint = 'end this program, and start the version that the database is of';
    end if;
    return null;
end $$;
CREATE TABLE tieout.access_token (
    system text NOT NULL,
    grant_stamp bytea NOT NULL,
    sealed bytea,
    got_at timestamp with time zone,
    ends_at timestamp with time zone,
    asked_at timestamp with time zone,
    CONSTRAINT access_token_check CHECK (((sealed IS NULL) = (got_at IS NULL))),
    CONSTRAINT access_token_grant_stamp_check CHECK ((length(grant_stamp) = 32))
);
CREATE TABLE tieout.account_figure (
    entity text NOT NULL,
    period text NOT NULL,
    account text NOT NULL,
    currency text NOT NULL,
    figures jsonb NOT NULL,
    digest text NOT NULL,
    read_at timestamp with time zone NOT NULL
);
CREATE TABLE tieout.alert (
    alert_id bigint NOT NULL,
    key text NOT NULL,
    kind text NOT NULL,
    cause text NOT NULL,
    entity text NOT NULL,
    count integer NOT NULL,
    amount numeric NOT NULL,
    currency text NOT NULL,
    action text NOT NULL,
    path text NOT NULL,
    level integer NOT NULL,
    raised_at timestamp with time zone NOT NULL,
    told_at timestamp with time zone,
    told_level integer DEFAULT 0 NOT NULL,
    told_count integer DEFAULT 0 NOT NULL,
    cleared_at timestamp with time zone,
    CONSTRAINT alert_amount_check CHECK ((amount >= (0)::numeric))
);
ALTER TABLE tieout.alert ALTER COLUMN alert_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.alert_alert_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.alert_told (
    channel text NOT NULL,
    key text NOT NULL,
    alert_id bigint NOT NULL,
    told_at timestamp with time zone NOT NULL,
    told_level integer NOT NULL,
    told_count integer NOT NULL
);
CREATE TABLE tieout.approval_decision (
    request_id bigint NOT NULL,
    content_sha256 bytea NOT NULL,
    makers text[] NOT NULL,
    step integer NOT NULL,
    person text NOT NULL,
    authority text NOT NULL,
    verdict text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    completes boolean NOT NULL,
    at timestamp with time zone NOT NULL,
    stamp bytea NOT NULL,
    CONSTRAINT approval_decision_check CHECK ((person <> ALL (makers))),
    CONSTRAINT approval_decision_check1 CHECK ((authority <> ALL (makers))),
    CONSTRAINT approval_decision_verdict_check CHECK ((verdict = ANY (ARRAY['approve'::text, 'reject'::text])))
);
CREATE TABLE tieout.approval_request (
    request_id bigint NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    revision integer NOT NULL,
    document_id bigint,
    case_id bigint,
    interface text NOT NULL,
    entity text NOT NULL,
    batch text DEFAULT ''::text NOT NULL,
    summary text NOT NULL,
    content text NOT NULL,
    content_sha256 bytea NOT NULL,
    currency text NOT NULL,
    amount numeric NOT NULL,
    company_amount numeric NOT NULL,
    makers text[] NOT NULL,
    policies text[] NOT NULL,
    steps text NOT NULL,
    escalate_to text NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    stamp bytea NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    closed_at timestamp with time zone,
    reason text DEFAULT ''::text NOT NULL,
    worth_known boolean DEFAULT true NOT NULL,
    asked_by text DEFAULT ''::text NOT NULL,
    bulk text DEFAULT ''::text NOT NULL,
    CONSTRAINT approval_request_action_check CHECK ((action = ANY (ARRAY['post'::text, 'exclude'::text, 'accept'::text]))),
    CONSTRAINT approval_request_amount_check CHECK ((amount >= (0)::numeric)),
    CONSTRAINT approval_request_company_amount_check CHECK ((company_amount >= (0)::numeric)),
    CONSTRAINT approval_request_state_check CHECK ((state = ANY (ARRAY['open'::text, 'approved'::text, 'rejected'::text, 'void'::text])))
);
ALTER TABLE tieout.approval_request ALTER COLUMN request_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.approval_request_request_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.attempt (
    attempt_id bigint NOT NULL,
    system text NOT NULL,
    lane text NOT NULL,
    worker text NOT NULL,
    external_ids text[] NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    outcome text,
    detail text
);
ALTER TABLE tieout.attempt ALTER COLUMN attempt_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.attempt_attempt_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.authority (
    no bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    made_by text NOT NULL,
    content text NOT NULL,
    stamp bytea NOT NULL
);
CREATE TABLE tieout.bulk_decision (
    bulk text NOT NULL,
    at timestamp with time zone NOT NULL,
    person text NOT NULL,
    action text NOT NULL,
    reason text NOT NULL,
    asked_sha256 bytea NOT NULL,
    outcomes jsonb NOT NULL,
    CONSTRAINT bulk_decision_bulk_check CHECK (((length(bulk) >= 1) AND (length(bulk) <= 80)))
);
CREATE TABLE tieout.case_note (
    note_id bigint NOT NULL,
    case_id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    person text NOT NULL,
    text text NOT NULL,
    CONSTRAINT case_note_text_check CHECK ((text <> ''::text))
);
ALTER TABLE tieout.case_note ALTER COLUMN note_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.case_note_note_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.case_watch (
    watch_id bigint NOT NULL,
    case_id bigint NOT NULL,
    person text NOT NULL,
    watching boolean NOT NULL,
    at timestamp with time zone NOT NULL,
    by text NOT NULL,
    CONSTRAINT case_watch_by_check CHECK ((by <> ''::text)),
    CONSTRAINT case_watch_person_check CHECK ((person <> ''::text))
);
ALTER TABLE tieout.case_watch ALTER COLUMN watch_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.case_watch_watch_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.cases (
    case_id bigint NOT NULL,
    fingerprint text NOT NULL,
    cause text NOT NULL,
    interface text NOT NULL,
    entity text NOT NULL,
    period text NOT NULL,
    document_id bigint,
    source_key text NOT NULL,
    amount numeric NOT NULL,
    currency text NOT NULL,
    blocking boolean NOT NULL,
    recovery text NOT NULL,
    detail text NOT NULL,
    owner text NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    solved_at timestamp with time zone,
    resolution text DEFAULT ''::text NOT NULL,
    solved_by text DEFAULT ''::text NOT NULL,
    accepted boolean DEFAULT false NOT NULL,
    made_journal text DEFAULT ''::text NOT NULL,
    made_user text DEFAULT ''::text NOT NULL,
    made_kind text DEFAULT ''::text NOT NULL,
    made_accounts text DEFAULT ''::text NOT NULL,
    revision integer DEFAULT 1 NOT NULL,
    group_key text GENERATED ALWAYS AS ("left"(md5(((((((((((((((((cause || ''::text) || entity) || ''::text) || interface) || ''::text) || period) || ''::text) || currency) || ''::text) || made_journal) || ''::text) || made_user) || ''::text) || made_kind) || ''::text) || made_accounts)), 16)) STORED,
    CONSTRAINT cases_amount_check CHECK ((amount >= (0)::numeric)),
    CONSTRAINT cases_state_check CHECK ((state = ANY (ARRAY['open'::text, 'solved'::text])))
);
ALTER TABLE tieout.cases ALTER COLUMN case_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.cases_case_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.certification (
    certification_id bigint NOT NULL,
    entity text NOT NULL,
    period text NOT NULL,
    account text NOT NULL,
    currency text NOT NULL,
    figures jsonb NOT NULL,
    digest text NOT NULL,
    by_itself boolean NOT NULL,
    explanation text NOT NULL,
    prepared_by text NOT NULL,
    prepared_role text NOT NULL,
    prepared_at timestamp with time zone NOT NULL,
    prepared_stamp bytea NOT NULL,
    signed_by text DEFAULT ''::text NOT NULL,
    signed_role text DEFAULT ''::text NOT NULL,
    signed_at timestamp with time zone,
    stamp bytea,
    revoked_at timestamp with time zone,
    revoked_why text DEFAULT ''::text NOT NULL,
    CONSTRAINT certification_check CHECK ((by_itself = (prepared_by = ''::text))),
    CONSTRAINT certification_check1 CHECK ((by_itself OR ((explanation <> ''::text) AND (prepared_role <> ''::text)))),
    CONSTRAINT certification_check2 CHECK (((NOT by_itself) OR (signed_by = ''::text))),
    CONSTRAINT certification_check3 CHECK (((signed_by = ''::text) = (signed_at IS NULL))),
    CONSTRAINT certification_check4 CHECK (((signed_by = ''::text) = (signed_role = ''::text))),
    CONSTRAINT certification_check5 CHECK (((signed_by = ''::text) OR ((signed_by <> prepared_by) AND (signed_role <> prepared_role))))
);
ALTER TABLE tieout.certification ALTER COLUMN certification_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.certification_certification_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.certify_rule (
    rule_id bigint NOT NULL,
    entity text NOT NULL,
    content jsonb NOT NULL,
    digest text NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    stamp bytea NOT NULL
);
ALTER TABLE tieout.certify_rule ALTER COLUMN rule_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.certify_rule_rule_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.close_finding (
    entity text NOT NULL,
    period text NOT NULL,
    task text NOT NULL,
    done boolean NOT NULL,
    why text NOT NULL,
    digest text NOT NULL,
    read_at timestamp with time zone NOT NULL
);
CREATE TABLE tieout.close_sheet (
    sheet_no bigint NOT NULL,
    entity text NOT NULL,
    period text NOT NULL,
    kept_at timestamp with time zone NOT NULL,
    body bytea NOT NULL,
    sha256 bytea NOT NULL
);
ALTER TABLE tieout.close_sheet ALTER COLUMN sheet_no ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.close_sheet_sheet_no_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.collection_event (
    event_id bigint NOT NULL,
    entity text NOT NULL,
    move bigint NOT NULL,
    kind text NOT NULL,
    promised_on date,
    note text NOT NULL,
    who text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT collection_event_check CHECK (((kind = 'promised'::text) = (promised_on IS NOT NULL))),
    CONSTRAINT collection_event_kind_check CHECK ((kind = ANY (ARRAY['reminded'::text, 'promised'::text, 'handed over'::text, 'taken back'::text, 'promise broken'::text, 'paid'::text, 'reopened'::text])))
);
ALTER TABLE tieout.collection_event ALTER COLUMN event_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.collection_event_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.control_total (
    interface text NOT NULL,
    entity text NOT NULL,
    period text NOT NULL,
    currency text NOT NULL,
    control_group text NOT NULL,
    count integer NOT NULL,
    debit numeric NOT NULL,
    credit numeric NOT NULL,
    reference text NOT NULL,
    taken_at timestamp with time zone NOT NULL,
    stamp bytea
);
CREATE TABLE tieout.credential (
    credential_id bigint NOT NULL,
    person text NOT NULL,
    kind text NOT NULL,
    handle text DEFAULT ''::text NOT NULL,
    label text DEFAULT ''::text NOT NULL,
    secret bytea NOT NULL,
    made_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    ended_at timestamp with time zone,
    counter bigint DEFAULT 0 NOT NULL,
    stamp bytea NOT NULL,
    CONSTRAINT credential_kind_check CHECK ((kind = ANY (ARRAY['password'::text, 'totp'::text, 'passkey'::text, 'recovery'::text]))),
    CONSTRAINT credential_person_check CHECK ((person <> ''::text))
);
ALTER TABLE tieout.credential ALTER COLUMN credential_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.credential_credential_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.customer_exposure (
    entity text NOT NULL,
    customer text NOT NULL,
    name text NOT NULL,
    invoiced numeric NOT NULL,
    credited numeric NOT NULL,
    unapplied numeric NOT NULL,
    orders numeric NOT NULL,
    unrated integer NOT NULL,
    currency text NOT NULL,
    read_at timestamp with time zone NOT NULL
);
CREATE TABLE tieout.decided_alone (
    no bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    entity text NOT NULL,
    person text NOT NULL,
    look text NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    company_amount numeric NOT NULL,
    CONSTRAINT decided_alone_company_amount_check CHECK ((company_amount >= (0)::numeric)),
    CONSTRAINT decided_alone_kind_check CHECK ((kind = ANY (ARRAY['exclude'::text, 'accept'::text, 'write_off'::text, 'match'::text])))
);
ALTER TABLE tieout.decided_alone ALTER COLUMN no ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.decided_alone_no_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.declared_origin (
    origin_id bigint NOT NULL,
    entity text NOT NULL,
    name text NOT NULL,
    content jsonb NOT NULL,
    release text NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone
);
ALTER TABLE tieout.declared_origin ALTER COLUMN origin_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.declared_origin_origin_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.delivery (
    delivery_id bigint NOT NULL,
    document_id bigint NOT NULL,
    interface text NOT NULL,
    entity text NOT NULL,
    system text NOT NULL,
    lane text NOT NULL,
    effect text NOT NULL,
    external_id text NOT NULL,
    ledger boolean NOT NULL,
    body text NOT NULL,
    body_sha256 bytea NOT NULL,
    account text DEFAULT ''::text NOT NULL,
    requires text[],
    state text DEFAULT 'waiting'::text NOT NULL,
    urgent boolean DEFAULT true NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone,
    target_model text DEFAULT ''::text NOT NULL,
    target_id bigint,
    read_back text,
    measure numeric,
    confirmed_at timestamp with time zone,
    changed boolean DEFAULT false NOT NULL,
    plan_no integer DEFAULT 1 NOT NULL,
    stamp bytea,
    CONSTRAINT delivery_check CHECK (((state <> 'confirmed'::text) OR (confirmed_at IS NOT NULL))),
    CONSTRAINT delivery_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'attempting'::text, 'unknown'::text, 'confirmed'::text, 'refused'::text])))
);
ALTER TABLE tieout.delivery ALTER COLUMN delivery_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.delivery_delivery_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.dispatch (
    dispatch_id bigint NOT NULL,
    key uuid DEFAULT gen_random_uuid() NOT NULL,
    person text NOT NULL,
    channel text NOT NULL,
    kind text NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    tries smallint DEFAULT 0 NOT NULL,
    made_at timestamp with time zone NOT NULL,
    next_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    said text DEFAULT ''::text NOT NULL,
    CONSTRAINT dispatch_channel_check CHECK ((channel = ANY (ARRAY['mail'::text, 'slack'::text]))),
    CONSTRAINT dispatch_check CHECK (((ended_at IS NULL) = (state = 'waiting'::text))),
    CONSTRAINT dispatch_kind_check CHECK ((kind = ANY (ARRAY['notices'::text, 'digest'::text, 'address'::text]))),
    CONSTRAINT dispatch_person_check CHECK ((person <> ''::text)),
    CONSTRAINT dispatch_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'sent'::text, 'failed'::text, 'dropped'::text]))),
    CONSTRAINT dispatch_tries_check CHECK ((tries >= 0))
);
ALTER TABLE tieout.dispatch ALTER COLUMN dispatch_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.dispatch_dispatch_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.dispatch_notice (
    notice_id bigint NOT NULL,
    dispatch_id bigint NOT NULL
);
CREATE TABLE tieout.document (
    document_id bigint NOT NULL,
    interface text NOT NULL,
    entity text NOT NULL,
    kind text NOT NULL,
    source_key text NOT NULL,
    revision integer NOT NULL,
    version text NOT NULL,
    content text NOT NULL,
    content_sha256 bytea NOT NULL,
    message_id bigint NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    accounting_on date NOT NULL,
    period text NOT NULL,
    currency text NOT NULL,
    control_group text NOT NULL,
    measure_count integer NOT NULL,
    measure_debit numeric NOT NULL,
    measure_credit numeric NOT NULL,
    order_key text DEFAULT ''::text NOT NULL,
    link_key text DEFAULT ''::text NOT NULL,
    state text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    parked_account text DEFAULT ''::text NOT NULL,
    facts text,
    facts_sha256 bytea,
    release text NOT NULL,
    retry_at timestamp with time zone,
    posted_at timestamp with time zone,
    stamp bytea,
    CONSTRAINT document_state_check CHECK ((state = ANY (ARRAY['normalised'::text, 'planned'::text, 'refused'::text, 'posted'::text, 'excluded'::text, 'superseded'::text])))
);
ALTER TABLE tieout.document ALTER COLUMN document_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.document_document_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.document_name (
    entity text NOT NULL,
    name text NOT NULL,
    document_id bigint NOT NULL
);
CREATE TABLE tieout.evidence (
    evidence_id bigint NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    entity text DEFAULT ''::text NOT NULL,
    detail text DEFAULT '{}'::text NOT NULL,
    content_hash bytea
);
ALTER TABLE tieout.evidence ALTER COLUMN evidence_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.evidence_evidence_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.evidence_head (
    tree_size bigint NOT NULL,
    root_hash bytea NOT NULL,
    signed_at timestamp with time zone NOT NULL,
    key_id text NOT NULL,
    signature bytea NOT NULL,
    peaks bytea[] NOT NULL
);
CREATE TABLE tieout.evidence_leaf (
    leaf_no bigint NOT NULL,
    evidence_id bigint NOT NULL,
    leaf_hash bytea NOT NULL
);
CREATE TABLE tieout.failure (
    stage text NOT NULL,
    lane text[] NOT NULL,
    item text DEFAULT ''::text NOT NULL,
    failures integer NOT NULL,
    error text NOT NULL,
    since timestamp with time zone NOT NULL,
    failed_at timestamp with time zone NOT NULL,
    next_at timestamp with time zone NOT NULL,
    CONSTRAINT failure_failures_check CHECK ((failures >= 0))
);
CREATE TABLE tieout.file_change (
    change_id bigint NOT NULL,
    path text NOT NULL,
    staged text NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    CONSTRAINT file_change_path_check CHECK ((path <> ''::text))
);
ALTER TABLE tieout.file_change ALTER COLUMN change_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.file_change_change_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.findable (
    document_id bigint NOT NULL,
    entity text NOT NULL,
    thing text NOT NULL,
    number text NOT NULL,
    party text NOT NULL,
    amount numeric,
    terms tsvector NOT NULL
);
CREATE TABLE tieout.findable_due (
    due_id bigint NOT NULL,
    documents bigint[] NOT NULL
);
ALTER TABLE tieout.findable_due ALTER COLUMN due_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.findable_due_due_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.findable_progress (
    one boolean DEFAULT true NOT NULL,
    below bigint NOT NULL,
    rules integer NOT NULL,
    CONSTRAINT findable_progress_one_check CHECK (one)
);
CREATE TABLE tieout.idempotency (
    scope bytea NOT NULL,
    key text NOT NULL,
    request_sha256 bytea NOT NULL,
    made_at timestamp with time zone NOT NULL,
    status integer,
    content_type text DEFAULT ''::text NOT NULL,
    body bytea
);
CREATE VIEW tieout.interface_failure AS
 SELECT lane[1] AS interface,
    stage,
    item,
    failures,
    error,
    since,
    next_at
   FROM tieout.failure
  WHERE (stage = ANY (ARRAY['poll'::text, 'fetch'::text, 'folder'::text, 'process'::text, 'file payments'::text]));
CREATE TABLE tieout.kept_figure (
    name text NOT NULL,
    content text NOT NULL,
    watermark text NOT NULL,
    as_of timestamp with time zone NOT NULL,
    took_ms integer NOT NULL
);
CREATE TABLE tieout.key_end (
    system text NOT NULL,
    ends_at timestamp with time zone,
    said text NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    CONSTRAINT key_end_said_check CHECK ((length(said) <= 1000))
);
CREATE TABLE tieout.late_decision (
    no bigint NOT NULL,
    document_id bigint NOT NULL,
    decision text NOT NULL,
    reason text NOT NULL,
    decided_by text NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    decided_booked_on date NOT NULL,
    decided_amount numeric NOT NULL,
    stamp bytea NOT NULL,
    CONSTRAINT late_decision_decision_check CHECK ((decision = ANY (ARRAY['adjust'::text, 'pass'::text, 'reopen'::text]))),
    CONSTRAINT late_decision_reason_check CHECK ((reason <> ''::text))
);
ALTER TABLE tieout.late_decision ALTER COLUMN no ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.late_decision_no_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.late_event (
    document_id bigint NOT NULL,
    entity text NOT NULL,
    event_on date NOT NULL,
    booked_on date NOT NULL,
    lock text NOT NULL,
    amount numeric NOT NULL,
    currency text NOT NULL,
    company_amount numeric NOT NULL,
    CONSTRAINT late_event_amount_check CHECK ((amount >= (0)::numeric)),
    CONSTRAINT late_event_company_amount_check CHECK ((company_amount >= (0)::numeric))
);
CREATE TABLE tieout.ledger_month (
    entity text NOT NULL,
    period text NOT NULL,
    figures jsonb NOT NULL,
    read_at timestamp with time zone NOT NULL
);
CREATE TABLE tieout.ledger_split (
    entity text NOT NULL,
    period text NOT NULL,
    account text NOT NULL,
    currency text NOT NULL,
    figures jsonb NOT NULL,
    read_at timestamp with time zone NOT NULL
);
CREATE TABLE tieout.lesson (
    lesson_id bigint NOT NULL,
    interface text NOT NULL,
    entity text NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    value text NOT NULL,
    learned_from text[] NOT NULL,
    state text DEFAULT 'proposed'::text NOT NULL,
    proposed_by text NOT NULL,
    proposed_at timestamp with time zone NOT NULL,
    decided_by text DEFAULT ''::text NOT NULL,
    decided_at timestamp with time zone,
    reason text DEFAULT ''::text NOT NULL,
    CONSTRAINT lesson_check CHECK (((state <> 'approved'::text) OR ((decided_by <> ''::text) AND (decided_by <> proposed_by)))),
    CONSTRAINT lesson_kind_check CHECK ((kind = ANY (ARRAY['alias'::text, 'reference'::text, 'account'::text]))),
    CONSTRAINT lesson_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'approved'::text, 'rejected'::text])))
);
ALTER TABLE tieout.lesson ALTER COLUMN lesson_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.lesson_lesson_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.match_line (
    interface text NOT NULL,
    source_key text NOT NULL,
    entity text NOT NULL,
    line bigint NOT NULL,
    side text NOT NULL,
    effect text DEFAULT ''::text NOT NULL,
    CONSTRAINT match_line_side_check CHECK ((side = ANY (ARRAY['cash'::text, 'due'::text])))
);
CREATE TABLE tieout.match_name (
    entity text NOT NULL,
    name text NOT NULL,
    interface text NOT NULL,
    source_key text NOT NULL,
    side text NOT NULL,
    CONSTRAINT match_name_side_check CHECK ((side = ANY (ARRAY['cash'::text, 'due'::text])))
);
CREATE TABLE tieout.message (
    message_id bigint NOT NULL,
    interface text NOT NULL,
    stream text NOT NULL,
    dedupe_key text NOT NULL,
    source_key text NOT NULL,
    transport text NOT NULL,
    state text DEFAULT 'received'::text NOT NULL,
    body_sha256 bytea NOT NULL,
    received_at timestamp with time zone NOT NULL,
    note text,
    stamp bytea,
    submitted_by text DEFAULT ''::text NOT NULL,
    CONSTRAINT message_state_check CHECK ((state = ANY (ARRAY['received'::text, 'normalised'::text, 'listed'::text, 'failed'::text]))),
    CONSTRAINT message_transport_check CHECK ((transport = ANY (ARRAY['webhook'::text, 'poll'::text, 'file'::text, 'match'::text, 'proposal'::text])))
);
CREATE TABLE tieout.message_body (
    message_id bigint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    salt bytea NOT NULL,
    body bytea NOT NULL
)
PARTITION BY RANGE (received_at);
CREATE TABLE tieout.message_body_rest (
    message_id bigint CONSTRAINT message_body_message_id_not_null NOT NULL,
    received_at timestamp with time zone CONSTRAINT message_body_received_at_not_null NOT NULL,
    salt bytea CONSTRAINT message_body_salt_not_null NOT NULL,
    body bytea CONSTRAINT message_body_body_not_null NOT NULL
);
ALTER TABLE tieout.message ALTER COLUMN message_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.message_message_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.notice (
    notice_id bigint NOT NULL,
    person text NOT NULL,
    case_id bigint NOT NULL,
    kind text NOT NULL,
    by text NOT NULL,
    at timestamp with time zone NOT NULL,
    key text NOT NULL,
    CONSTRAINT notice_key_check CHECK ((key <> ''::text)),
    CONSTRAINT notice_kind_check CHECK ((kind = ANY (ARRAY['assigned'::text, 'given'::text, 'mentioned'::text, 'noted'::text, 'solved'::text, 'overdue'::text, 'escalated'::text]))),
    CONSTRAINT notice_person_check CHECK ((person <> ''::text))
);
CREATE TABLE tieout.notice_address (
    person text NOT NULL,
    channel text NOT NULL,
    address text NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    stamp bytea,
    CONSTRAINT notice_address_address_check CHECK ((address <> ''::text)),
    CONSTRAINT notice_address_channel_check CHECK ((channel = ANY (ARRAY['mail'::text, 'slack'::text]))),
    CONSTRAINT notice_address_check CHECK (((confirmed_at IS NULL) = (stamp IS NULL))),
    CONSTRAINT notice_address_person_check CHECK ((person <> ''::text))
);
CREATE TABLE tieout.notice_choice (
    person text NOT NULL,
    pace text NOT NULL,
    channel text NOT NULL,
    hour smallint NOT NULL,
    weekday smallint NOT NULL,
    time_zone text NOT NULL,
    after_notice bigint NOT NULL,
    next_at timestamp with time zone,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT notice_choice_channel_check CHECK ((channel = ANY (ARRAY['mail'::text, 'slack'::text]))),
    CONSTRAINT notice_choice_check CHECK (((next_at IS NOT NULL) = (pace = ANY (ARRAY['daily'::text, 'weekly'::text])))),
    CONSTRAINT notice_choice_hour_check CHECK (((hour >= 0) AND (hour <= 23))),
    CONSTRAINT notice_choice_pace_check CHECK ((pace = ANY (ARRAY['none'::text, 'at_once'::text, 'daily'::text, 'weekly'::text]))),
    CONSTRAINT notice_choice_person_check CHECK ((person <> ''::text)),
    CONSTRAINT notice_choice_time_zone_check CHECK ((time_zone <> ''::text)),
    CONSTRAINT notice_choice_weekday_check CHECK (((weekday >= 1) AND (weekday <= 7)))
);
ALTER TABLE tieout.notice ALTER COLUMN notice_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.notice_notice_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.notice_seen (
    person text NOT NULL,
    upto bigint NOT NULL,
    at timestamp with time zone NOT NULL
);
CREATE TABLE tieout.once (
    token_sha256 bytea NOT NULL,
    purpose text NOT NULL,
    person text NOT NULL,
    content bytea NOT NULL,
    made_by text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    stamp bytea NOT NULL
);
CREATE TABLE tieout.open_line (
    entity text NOT NULL,
    line bigint NOT NULL,
    side text NOT NULL,
    account text NOT NULL,
    kind text NOT NULL,
    booked_on date NOT NULL,
    due_on date,
    amount numeric NOT NULL,
    currency text NOT NULL,
    partner text NOT NULL,
    number text NOT NULL,
    text text NOT NULL,
    read_at timestamp with time zone NOT NULL,
    said text GENERATED ALWAYS AS (lower(((((partner || '
'::text) || number) || '
'::text) || text))) STORED,
    CONSTRAINT open_line_side_check CHECK ((side = ANY (ARRAY['cash'::text, 'due'::text])))
)
PARTITION BY LIST (side);
CREATE TABLE tieout.open_line_cash (
    entity text CONSTRAINT open_line_entity_not_null NOT NULL,
    line bigint CONSTRAINT open_line_line_not_null NOT NULL,
    side text CONSTRAINT open_line_side_not_null NOT NULL,
    account text CONSTRAINT open_line_account_not_null NOT NULL,
    kind text CONSTRAINT open_line_kind_not_null NOT NULL,
    booked_on date CONSTRAINT open_line_booked_on_not_null NOT NULL,
    due_on date,
    amount numeric CONSTRAINT open_line_amount_not_null NOT NULL,
    currency text CONSTRAINT open_line_currency_not_null NOT NULL,
    partner text CONSTRAINT open_line_partner_not_null NOT NULL,
    number text CONSTRAINT open_line_number_not_null NOT NULL,
    text text CONSTRAINT open_line_text_not_null NOT NULL,
    read_at timestamp with time zone CONSTRAINT open_line_read_at_not_null NOT NULL,
    said text GENERATED ALWAYS AS (lower(((((partner || '
'::text) || number) || '
'::text) || text))) STORED,
    CONSTRAINT open_line_side_check CHECK ((side = ANY (ARRAY['cash'::text, 'due'::text])))
);
CREATE TABLE tieout.open_line_due (
    entity text CONSTRAINT open_line_entity_not_null NOT NULL,
    line bigint CONSTRAINT open_line_line_not_null NOT NULL,
    side text CONSTRAINT open_line_side_not_null NOT NULL,
    account text CONSTRAINT open_line_account_not_null NOT NULL,
    kind text CONSTRAINT open_line_kind_not_null NOT NULL,
    booked_on date CONSTRAINT open_line_booked_on_not_null NOT NULL,
    due_on date,
    amount numeric CONSTRAINT open_line_amount_not_null NOT NULL,
    currency text CONSTRAINT open_line_currency_not_null NOT NULL,
    partner text CONSTRAINT open_line_partner_not_null NOT NULL,
    number text CONSTRAINT open_line_number_not_null NOT NULL,
    text text CONSTRAINT open_line_text_not_null NOT NULL,
    read_at timestamp with time zone CONSTRAINT open_line_read_at_not_null NOT NULL,
    said text GENERATED ALWAYS AS (lower(((((partner || '
'::text) || number) || '
'::text) || text))) STORED,
    CONSTRAINT open_line_side_check CHECK ((side = ANY (ARRAY['cash'::text, 'due'::text])))
);
CREATE TABLE tieout.open_line_sum (
    entity text NOT NULL,
    side text NOT NULL,
    currency text NOT NULL,
    count integer NOT NULL,
    amount numeric NOT NULL,
    oldest date NOT NULL,
    read_at timestamp with time zone NOT NULL
);
CREATE TABLE tieout.opening_balance (
    entity text NOT NULL,
    begins_on date NOT NULL,
    account text NOT NULL,
    currency text NOT NULL,
    amount numeric NOT NULL,
    read_at timestamp with time zone NOT NULL
);
CREATE TABLE tieout.paused (
    interface text NOT NULL,
    since timestamp with time zone NOT NULL,
    by text NOT NULL,
    reason text NOT NULL,
    CONSTRAINT paused_reason_check CHECK ((reason <> ''::text))
);
CREATE TABLE tieout.payout_item (
    entity text NOT NULL,
    payout_key text NOT NULL,
    movement_key text NOT NULL
);
CREATE TABLE tieout.pinned_company (
    system text NOT NULL,
    company bigint NOT NULL,
    pinned_at timestamp with time zone NOT NULL,
    CONSTRAINT pinned_company_company_check CHECK ((company > 0))
);
CREATE TABLE tieout.pinned_system (
    system text NOT NULL,
    environment text NOT NULL,
    fingerprint text NOT NULL,
    pinned_at timestamp with time zone NOT NULL
);
CREATE TABLE tieout.poll_cursor (
    interface text NOT NULL,
    stream text NOT NULL,
    "position" text DEFAULT '{}'::text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    last_error text DEFAULT ''::text NOT NULL,
    polled_at timestamp with time zone,
    polling boolean DEFAULT false NOT NULL,
    asked boolean DEFAULT false NOT NULL
);
CREATE TABLE tieout.posting_line (
    external_id text NOT NULL,
    plan_no integer NOT NULL,
    line_no integer NOT NULL,
    entity text NOT NULL,
    accounting_on date NOT NULL,
    account text NOT NULL,
    currency text NOT NULL,
    amount numeric NOT NULL,
    company_amount numeric NOT NULL,
    partner text DEFAULT ''::text NOT NULL
);
CREATE TABLE tieout.preference (
    person text NOT NULL,
    language text NOT NULL,
    forms text NOT NULL,
    entity text NOT NULL,
    changed_at timestamp with time zone NOT NULL
);
CREATE TABLE tieout.prepared (
    document_id bigint NOT NULL,
    entity text NOT NULL,
    interface text NOT NULL,
    source_key text NOT NULL,
    entire text NOT NULL,
    kind text NOT NULL,
    makers text[] NOT NULL,
    payees text[] NOT NULL,
    policies text[] NOT NULL,
    currency text NOT NULL,
    amount numeric NOT NULL,
    company_amount numeric NOT NULL,
    received_at timestamp with time zone NOT NULL,
    accounting_on date NOT NULL,
    CONSTRAINT prepared_amount_check CHECK ((amount >= (0)::numeric)),
    CONSTRAINT prepared_company_amount_check CHECK ((company_amount >= (0)::numeric))
);
CREATE TABLE tieout.qualified_version (
    system text NOT NULL,
    version text NOT NULL,
    report_sha256 text CONSTRAINT qualified_version_fingerprint_not_null NOT NULL,
    qualified_by text NOT NULL,
    qualified_at timestamp with time zone NOT NULL,
    report jsonb NOT NULL,
    address text NOT NULL,
    database_name text NOT NULL,
    CONSTRAINT qualified_version_qualified_by_check CHECK ((qualified_by <> ''::text)),
    CONSTRAINT qualified_version_version_check CHECK (((length(version) >= 1) AND (length(version) <= 80)))
);
CREATE TABLE tieout.receivable_invoice (
    entity text NOT NULL,
    move bigint NOT NULL,
    number text NOT NULL,
    customer text NOT NULL,
    name text NOT NULL,
    booked_on date NOT NULL,
    due_on date,
    currency text NOT NULL,
    residual numeric NOT NULL,
    company numeric NOT NULL,
    status text NOT NULL,
    promised_on date,
    broken_on date,
    read_at timestamp with time zone NOT NULL,
    CONSTRAINT receivable_invoice_status_check CHECK ((status = ANY (ARRAY['open'::text, 'promised'::text, 'reminded'::text, 'in collection'::text, 'paid'::text])))
);
CREATE TABLE tieout.receivables_read (
    entity text NOT NULL,
    read_at timestamp with time zone NOT NULL,
    seen text DEFAULT ''::text NOT NULL
);
CREATE TABLE tieout.release (
    sha256 text NOT NULL,
    activated_at timestamp with time zone NOT NULL
);
CREATE TABLE tieout.saved_view (
    view_id bigint NOT NULL,
    person text NOT NULL,
    page text NOT NULL,
    name text NOT NULL,
    asked text NOT NULL,
    shared boolean NOT NULL,
    made_at timestamp with time zone NOT NULL,
    role text DEFAULT ''::text NOT NULL,
    CONSTRAINT saved_view_name_check CHECK ((name <> ''::text))
);
ALTER TABLE tieout.saved_view ALTER COLUMN view_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.saved_view_view_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.schema_migration (
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE tieout.service_key (
    key_sha256 bytea NOT NULL,
    key_id text NOT NULL,
    person text NOT NULL,
    label text NOT NULL,
    scopes text[] NOT NULL,
    entities text[] NOT NULL,
    made_by text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    used_at timestamp with time zone,
    stamp bytea NOT NULL,
    CONSTRAINT service_key_check CHECK ((expires_at > made_at)),
    CONSTRAINT service_key_entities_check CHECK ((cardinality(entities) > 0)),
    CONSTRAINT service_key_scopes_check CHECK ((cardinality(scopes) > 0))
);
CREATE TABLE tieout.session (
    token_sha256 bytea NOT NULL,
    person text NOT NULL,
    level text NOT NULL,
    second_factor boolean NOT NULL,
    via text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    ended_why text DEFAULT ''::text NOT NULL,
    address text NOT NULL,
    agent text NOT NULL,
    stamp bytea NOT NULL,
    CONSTRAINT session_level_check CHECK ((level = ANY (ARRAY['half'::text, 'enrol'::text, 'full'::text])))
);
CREATE TABLE tieout.signature (
    signature_id bigint NOT NULL,
    entity text NOT NULL,
    period text NOT NULL,
    task text NOT NULL,
    digest text NOT NULL,
    prepared_by text NOT NULL,
    prepared_at timestamp with time zone NOT NULL,
    signed_by text DEFAULT ''::text NOT NULL,
    signed_at timestamp with time zone,
    stamp bytea,
    revoked_at timestamp with time zone,
    revoked_why text DEFAULT ''::text NOT NULL,
    CONSTRAINT signature_check CHECK ((signed_by <> prepared_by)),
    CONSTRAINT signature_check1 CHECK (((signed_by = ''::text) = (signed_at IS NULL))),
    CONSTRAINT signature_prepared_by_check CHECK ((prepared_by <> ''::text))
);
ALTER TABLE tieout.signature ALTER COLUMN signature_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.signature_signature_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.standing_items (
    entity text NOT NULL,
    period text NOT NULL,
    figures jsonb NOT NULL,
    read_at timestamp with time zone NOT NULL
);
CREATE TABLE tieout.standing_told (
    entity text NOT NULL,
    account_key text NOT NULL,
    content text NOT NULL,
    told_at timestamp with time zone NOT NULL
);
CREATE TABLE tieout.subscription (
    subscription_id bigint NOT NULL,
    url text NOT NULL,
    types text[] NOT NULL,
    entity text NOT NULL,
    secret bytea NOT NULL,
    made_by text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    "position" bigint NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    next_at timestamp with time zone NOT NULL,
    last_status text DEFAULT ''::text NOT NULL,
    last_at timestamp with time zone
);
ALTER TABLE tieout.subscription ALTER COLUMN subscription_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.subscription_subscription_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.suggestion (
    suggestion_id bigint NOT NULL,
    interface text NOT NULL,
    entity text NOT NULL,
    lines_key text NOT NULL,
    lines bigint[] NOT NULL,
    about text NOT NULL,
    content text NOT NULL,
    content_sha256 bytea NOT NULL,
    currency text NOT NULL,
    amount numeric NOT NULL,
    difference numeric NOT NULL,
    explained_as text NOT NULL,
    rule text NOT NULL,
    confidence numeric NOT NULL,
    rank integer NOT NULL,
    why text NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    proposed_at timestamp with time zone NOT NULL,
    decided_at timestamp with time zone,
    decided_by text DEFAULT ''::text NOT NULL,
    approved_by text DEFAULT ''::text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    CONSTRAINT suggestion_check CHECK (((approved_by = ''::text) OR (approved_by <> decided_by))),
    CONSTRAINT suggestion_check1 CHECK (((state = ANY (ARRAY['open'::text, 'gone'::text])) OR (decided_by <> ''::text))),
    CONSTRAINT suggestion_state_check CHECK ((state = ANY (ARRAY['open'::text, 'to_approve'::text, 'accepted'::text, 'rejected'::text, 'gone'::text])))
);
ALTER TABLE tieout.suggestion ALTER COLUMN suggestion_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.suggestion_suggestion_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.survey (
    survey bigint NOT NULL,
    system text NOT NULL,
    entity text NOT NULL,
    taken_at timestamp with time zone NOT NULL,
    taken_by text NOT NULL,
    sha256 text NOT NULL,
    found jsonb NOT NULL
);
CREATE TABLE tieout.survey_entry (
    survey bigint NOT NULL,
    key bigint NOT NULL,
    day date NOT NULL,
    made_at timestamp with time zone NOT NULL,
    month text NOT NULL,
    journal text NOT NULL,
    kind text NOT NULL,
    number text NOT NULL,
    reference text NOT NULL,
    origin text NOT NULL,
    party_key bigint NOT NULL,
    party text NOT NULL,
    login text NOT NULL,
    amount numeric NOT NULL,
    record text NOT NULL,
    record_key bigint NOT NULL,
    external_id text NOT NULL,
    feeder text NOT NULL,
    by_hand boolean NOT NULL
);
CREATE TABLE tieout.survey_line (
    survey bigint NOT NULL,
    key bigint NOT NULL,
    entry bigint NOT NULL,
    kind text NOT NULL,
    account text NOT NULL,
    band text NOT NULL,
    day date NOT NULL,
    due date NOT NULL,
    party_key bigint NOT NULL,
    party text NOT NULL,
    number text NOT NULL,
    currency text NOT NULL,
    open numeric NOT NULL,
    company_open numeric NOT NULL
);
CREATE TABLE tieout.survey_party (
    survey bigint NOT NULL,
    key bigint NOT NULL,
    name text NOT NULL,
    tax_number text NOT NULL,
    mail text NOT NULL,
    reference text NOT NULL,
    parent bigint NOT NULL
);
ALTER TABLE tieout.survey ALTER COLUMN survey ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.survey_survey_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.tax_entered (
    no bigint NOT NULL,
    figures jsonb NOT NULL,
    count integer NOT NULL,
    read_at timestamp with time zone NOT NULL
);
CREATE TABLE tieout.tax_filed_item (
    no bigint NOT NULL,
    key text NOT NULL,
    entry text NOT NULL,
    day date NOT NULL,
    use text NOT NULL,
    name text NOT NULL,
    tax numeric NOT NULL,
    base numeric NOT NULL
);
CREATE TABLE tieout.tax_filing (
    no bigint NOT NULL,
    entity text NOT NULL,
    first_on date NOT NULL,
    last_on date NOT NULL,
    report text NOT NULL,
    taxes text[] NOT NULL,
    reference text NOT NULL,
    reason text NOT NULL,
    corrects bigint,
    declared_by text NOT NULL,
    declared_at text NOT NULL,
    digest text NOT NULL,
    stamp bytea NOT NULL,
    CONSTRAINT tax_filing_check CHECK ((last_on > first_on)),
    CONSTRAINT tax_filing_reason_check CHECK ((reason <> ''::text)),
    CONSTRAINT tax_filing_reference_check CHECK ((reference <> ''::text)),
    CONSTRAINT tax_filing_report_check CHECK ((report <> ''::text))
);
ALTER TABLE tieout.tax_filing ALTER COLUMN no ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tieout.tax_filing_no_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE tieout.tax_month (
    entity text NOT NULL,
    period text NOT NULL,
    figures jsonb NOT NULL,
    read_at timestamp with time zone NOT NULL
);
CREATE TABLE tieout.throttle (
    subject text NOT NULL,
    failures integer NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL
);
CREATE TABLE tieout.unpinned_system (
    system text NOT NULL,
    refused boolean NOT NULL,
    why text NOT NULL,
    since timestamp with time zone NOT NULL,
    CONSTRAINT unpinned_system_why_check CHECK ((length(why) <= 1000))
);
CREATE VIEW tieout.v_batch_control WITH (security_invoker='true') AS
 SELECT document_id,
    interface,
    entity,
    source_key,
    revision,
    content,
    message_id,
    stamp,
    period,
    currency,
    state,
    ((content)::jsonb ->> 'batch'::text) AS batch,
    (((content)::jsonb ->> 'count'::text))::integer AS count,
    (((content)::jsonb #>> '{debit,value}'::text[]))::numeric AS debit,
    (((content)::jsonb #>> '{credit,value}'::text[]))::numeric AS credit
   FROM tieout.document d
  WHERE (kind = 'batch_control'::text);
CREATE VIEW tieout.v_batch_item WITH (security_invoker='true') AS
 SELECT document_id,
    interface,
    entity,
    kind,
    source_key,
    revision,
    content,
    message_id,
    stamp,
    period,
    currency,
    state,
    ((content)::jsonb ->> 'batch'::text) AS batch,
        CASE
            WHEN (kind = ANY (ARRAY['vendor_bill'::text, 'vendor_payment'::text])) THEN measure_debit
            WHEN (kind = 'credit_note'::text) THEN (0)::numeric
            ELSE (((content)::jsonb #>> '{total,value}'::text[]))::numeric
        END AS debit,
        CASE
            WHEN (kind = ANY (ARRAY['vendor_bill'::text, 'vendor_payment'::text])) THEN measure_credit
            WHEN (kind = 'customer_invoice'::text) THEN (0)::numeric
            WHEN (kind = 'credit_note'::text) THEN (((content)::jsonb #>> '{total,value}'::text[]))::numeric
            ELSE ((((content)::jsonb #>> '{total,value}'::text[]))::numeric - (((content)::jsonb #>> '{imbalance,value}'::text[]))::numeric)
        END AS credit
   FROM tieout.document d
  WHERE ((kind = ANY (ARRAY['journal_entry'::text, 'customer_invoice'::text, 'credit_note'::text, 'vendor_bill'::text, 'vendor_payment'::text])) AND (COALESCE((((content)::jsonb ->> 'part'::text))::integer, 1) = 1));
CREATE VIEW tieout.v_document WITH (security_invoker='true') AS
 SELECT document_id,
    interface,
    entity,
    kind,
    source_key,
    revision,
    content,
    message_id,
    stamp,
    occurred_at,
    accounting_on,
    period,
    currency,
    measure_count,
    measure_debit,
    measure_credit,
    order_key,
    link_key,
    state,
    reason,
    posted_at,
        CASE
            WHEN (kind = 'statement_line'::text) THEN (((content)::jsonb ->> 'booked_on'::text))::date
            ELSE NULL::date
        END AS stated_on
   FROM tieout.document d;
CREATE VIEW tieout.v_effect_booking WITH (security_invoker='true') AS
 SELECT delivery_id,
    document_id,
    interface,
    entity,
    external_id,
    effect,
    state,
    account,
    ((body)::jsonb ->> 'partner'::text) AS partner,
    (((body)::jsonb ->> 'amount'::text))::numeric AS amount,
    (((body)::jsonb ->> 'company'::text))::numeric AS company_amount
   FROM tieout.delivery v;
CREATE VIEW tieout.v_effect_match WITH (security_invoker='true') AS
 SELECT delivery_id,
    document_id,
    interface,
    entity,
    external_id,
    effect,
    state,
    ((body)::jsonb ->> 'left'::text) AS left_effect,
    ((body)::jsonb ->> 'right'::text) AS right_effect
   FROM tieout.delivery v
  WHERE (effect ~~ 'match%'::text);
CREATE VIEW tieout.v_effect_payment WITH (security_invoker='true') AS
 SELECT d.document_id,
    d.interface,
    d.entity,
    d.source_key,
    d.order_key,
    d.link_key,
    d.state,
    d.accounting_on,
    d.parked_account AS unapplied_account,
    v.external_id,
    v.effect,
    (((v.body)::jsonb ->> 'amount'::text))::numeric AS amount,
    (((v.body)::jsonb ->> 'company'::text))::numeric AS company_amount
   FROM (tieout.document d
     JOIN tieout.delivery v USING (document_id))
  WHERE (v.effect = ANY (ARRAY['charge'::text, 'refund'::text, 'capture_reversal'::text]));
CREATE VIEW tieout.v_effect_standing WITH (security_invoker='true') AS
 SELECT delivery_id,
    document_id,
    interface,
    entity,
    external_id,
    effect,
    state,
    target_model,
    target_id
   FROM tieout.delivery v
  WHERE (ledger AND (state = ANY (ARRAY['attempting'::text, 'unknown'::text, 'confirmed'::text])) AND (NOT (changed AND (EXISTS ( SELECT 1
           FROM tieout.cases g
          WHERE ((g.document_id = v.document_id) AND (g.cause = ANY (ARRAY['deleted_in_ledger'::text, 'reversed_in_ledger'::text])) AND (g.resolution <> 'the ledger agrees again'::text)))))));
CREATE VIEW tieout.v_journal_entry WITH (security_invoker='true') AS
 SELECT document_id,
    interface,
    entity,
    source_key,
    revision,
    content,
    message_id,
    stamp,
    accounting_on,
    period,
    currency,
    state,
    reason,
    posted_at,
    ((content)::jsonb ->> 'batch'::text) AS batch,
    (((content)::jsonb ->> 'booked_on'::text))::date AS booked_on,
    (((content)::jsonb #>> '{total,value}'::text[]))::numeric AS total,
    (((content)::jsonb #>> '{imbalance,value}'::text[]))::numeric AS imbalance
   FROM tieout.document d
  WHERE (kind = 'journal_entry'::text);
CREATE VIEW tieout.v_journal_line WITH (security_invoker='true') AS
 SELECT d.document_id,
    d.interface,
    d.entity,
    d.source_key,
    d.revision,
    d.content,
    d.message_id,
    d.stamp,
    d.accounting_on,
    d.currency,
    d.state,
    (((d.content)::jsonb ->> 'booked_on'::text))::date AS booked_on,
    (x.line ->> 'account'::text) AS account,
    (x.line ->> 'pair'::text) AS pair,
    ((x.line #>> '{amount,value}'::text[]))::numeric AS amount
   FROM (tieout.document d
     CROSS JOIN LATERAL jsonb_array_elements(((d.content)::jsonb -> 'lines'::text)) x(line))
  WHERE (d.kind = 'journal_entry'::text);
CREATE VIEW tieout.v_matter WITH (security_invoker='true') AS
 SELECT document_id,
    interface,
    entity,
    kind,
    source_key,
    COALESCE(NULLIF(link_key, ''::text),
        CASE
            WHEN (kind = 'dispute'::text) THEN ((content)::jsonb ->> 'payment_key'::text)
            ELSE NULL::text
        END, source_key) AS matter
   FROM tieout.document d;
CREATE VIEW tieout.v_provider_movement WITH (security_invoker='true') AS
 SELECT document_id,
    interface,
    entity,
    source_key,
    revision,
    content,
    message_id,
    stamp,
    accounting_on,
    period,
    currency,
    measure_count,
    measure_debit,
    measure_credit,
    order_key,
    link_key,
    state,
    reason,
    posted_at,
    ((content)::jsonb ->> 'provider'::text) AS provider,
    ((content)::jsonb ->> 'category'::text) AS category,
    (((content)::jsonb #>> '{gross,value}'::text[]))::numeric AS gross,
    (((content)::jsonb #>> '{fee,value}'::text[]))::numeric AS fee,
    (((content)::jsonb #>> '{net,value}'::text[]))::numeric AS net,
    (((content)::jsonb ->> 'automatic'::text))::boolean AS automatic
   FROM tieout.document d
  WHERE (kind = 'provider_movement'::text);
CREATE VIEW tieout.v_reconciliation WITH (security_invoker='true') AS
 SELECT document_id,
    interface,
    entity,
    source_key,
    revision,
    content,
    message_id,
    stamp,
    accounting_on,
    period,
    currency,
    state,
    reason,
    posted_at,
    ((content)::jsonb ->> 'decided_by'::text) AS decided_by,
    (((content)::jsonb ->> 'undone'::text))::boolean AS undone,
    ((content)::jsonb ->> 'why'::text) AS why
   FROM tieout.document d
  WHERE (kind = 'reconciliation'::text);
CREATE VIEW tieout.v_reconciliation_difference WITH (security_invoker='true') AS
 SELECT document_id,
    interface,
    entity,
    source_key,
    revision,
    state,
    currency,
        CASE
            WHEN (((content)::jsonb ->> 'difference_account'::text) <> ''::text) THEN ((content)::jsonb ->> 'explained_as'::text)
            ELSE 'exchange'::text
        END AS kind,
    COALESCE(((content)::jsonb #>> '{due,0,party}'::text[]), ''::text) AS party,
    (((content)::jsonb ->> 'booked_on'::text))::date AS booked_on,
    abs(
        CASE
            WHEN (((content)::jsonb ->> 'difference_account'::text) <> ''::text) THEN (((content)::jsonb #>> '{difference,value}'::text[]))::numeric
            ELSE (((content)::jsonb #>> '{exchange,value}'::text[]))::numeric
        END) AS amount
   FROM tieout.document d
  WHERE ((kind = 'reconciliation'::text) AND ((((content)::jsonb ->> 'difference_account'::text) <> ''::text) OR (((content)::jsonb #>> '{exchange,value}'::text[]) IS NOT NULL)) AND (NOT (((content)::jsonb ->> 'undone'::text))::boolean) AND (NOT (EXISTS ( SELECT 1
           FROM tieout.document n
          WHERE ((n.interface = d.interface) AND (n.source_key = d.source_key) AND (n.revision > d.revision))))));
CREATE VIEW tieout.v_reconciliation_due WITH (security_invoker='true') AS
 SELECT d.document_id,
    d.interface,
    d.entity,
    d.source_key,
    d.revision,
    d.content,
    d.message_id,
    d.stamp,
    d.currency,
    d.state,
    ((o.line ->> 'line'::text))::bigint AS line,
    ((o.line ->> 'residual'::text))::numeric AS residual,
    ((o.line ->> 'rest'::text))::numeric AS rest
   FROM (tieout.document d
     CROSS JOIN LATERAL jsonb_array_elements(((d.content)::jsonb -> 'due'::text)) o(line))
  WHERE (d.kind = 'reconciliation'::text);
CREATE VIEW tieout.v_statement WITH (security_invoker='true') AS
 SELECT document_id,
    interface,
    entity,
    source_key,
    revision,
    content,
    message_id,
    stamp,
    accounting_on,
    period,
    currency,
    state,
    reason,
    posted_at,
    ((content)::jsonb ->> 'account'::text) AS account,
    ((content)::jsonb ->> 'sequence'::text) AS sequence,
    (((content)::jsonb ->> 'from_on'::text))::date AS from_on,
    (((content)::jsonb ->> 'to_on'::text))::date AS to_on,
    (((content)::jsonb #>> '{opening,value}'::text[]))::numeric AS opening,
    (((content)::jsonb #>> '{closing,value}'::text[]))::numeric AS closing,
    (((content)::jsonb ->> 'stated_count'::text))::integer AS stated_count,
    (((content)::jsonb #>> '{stated_in,value}'::text[]))::numeric AS stated_in,
    (((content)::jsonb #>> '{stated_out,value}'::text[]))::numeric AS stated_out,
    (((content)::jsonb ->> 'line_count'::text))::integer AS line_count
   FROM tieout.document d
  WHERE (kind = 'statement'::text);
CREATE VIEW tieout.v_trial_balance WITH (security_invoker='true') AS
 SELECT document_id,
    interface,
    entity,
    source_key,
    revision,
    content,
    message_id,
    stamp,
    currency,
    state,
    ((content)::jsonb ->> 'account'::text) AS account,
    (((content)::jsonb ->> 'booked_on'::text))::date AS booked_on,
    (((content)::jsonb #>> '{balance,value}'::text[]))::numeric AS balance
   FROM tieout.document d
  WHERE (kind = 'trial_balance'::text);
CREATE VIEW tieout.v_vendor_payment WITH (security_invoker='true') AS
 SELECT document_id,
    interface,
    entity,
    source_key,
    revision,
    content,
    message_id,
    stamp,
    accounting_on,
    period,
    currency,
    state,
    reason,
    posted_at,
    ((content)::jsonb ->> 'run'::text) AS run,
    ((content)::jsonb ->> 'supplier'::text) AS supplier,
    (((content)::jsonb #>> '{pays,value}'::text[]))::numeric AS pays
   FROM tieout.document d
  WHERE (kind = 'vendor_payment'::text);
CREATE TABLE tieout.waiting_file (
    interface text NOT NULL,
    name text NOT NULL,
    stamp text NOT NULL,
    first_at timestamp with time zone NOT NULL,
    unchanged_since timestamp with time zone NOT NULL,
    why text NOT NULL,
    told boolean DEFAULT false NOT NULL
);
ALTER TABLE ONLY tieout.message_body ATTACH PARTITION tieout.message_body_rest DEFAULT;
ALTER TABLE ONLY tieout.open_line ATTACH PARTITION tieout.open_line_cash FOR VALUES IN ('cash');
ALTER TABLE ONLY tieout.open_line ATTACH PARTITION tieout.open_line_due FOR VALUES IN ('due');
ALTER TABLE ONLY tieout.access_token
    ADD CONSTRAINT access_token_pkey PRIMARY KEY (system, grant_stamp);
ALTER TABLE ONLY tieout.account_figure
    ADD CONSTRAINT account_figure_pkey PRIMARY KEY (entity, period, account, currency);
ALTER TABLE ONLY tieout.alert
    ADD CONSTRAINT alert_pkey PRIMARY KEY (alert_id);
ALTER TABLE ONLY tieout.alert_told
    ADD CONSTRAINT alert_told_pkey PRIMARY KEY (channel, key);
ALTER TABLE ONLY tieout.approval_decision
    ADD CONSTRAINT approval_decision_pkey PRIMARY KEY (request_id, person);
ALTER TABLE ONLY tieout.approval_decision
    ADD CONSTRAINT approval_decision_request_id_authority_key UNIQUE (request_id, authority);
ALTER TABLE ONLY tieout.approval_request
    ADD CONSTRAINT approval_request_pkey PRIMARY KEY (request_id);
ALTER TABLE ONLY tieout.approval_request
    ADD CONSTRAINT approval_request_request_id_content_sha256_makers_key UNIQUE (request_id, content_sha256, makers);
ALTER TABLE ONLY tieout.attempt
    ADD CONSTRAINT attempt_pkey PRIMARY KEY (attempt_id);
ALTER TABLE ONLY tieout.authority
    ADD CONSTRAINT authority_pkey PRIMARY KEY (no);
ALTER TABLE ONLY tieout.bulk_decision
    ADD CONSTRAINT bulk_decision_pkey PRIMARY KEY (bulk);
ALTER TABLE ONLY tieout.case_note
    ADD CONSTRAINT case_note_pkey PRIMARY KEY (note_id);
ALTER TABLE ONLY tieout.case_watch
    ADD CONSTRAINT case_watch_pkey PRIMARY KEY (watch_id);
ALTER TABLE ONLY tieout.cases
    ADD CONSTRAINT cases_pkey PRIMARY KEY (case_id);
ALTER TABLE ONLY tieout.certification
    ADD CONSTRAINT certification_pkey PRIMARY KEY (certification_id);
ALTER TABLE ONLY tieout.certify_rule
    ADD CONSTRAINT certify_rule_pkey PRIMARY KEY (rule_id);
ALTER TABLE ONLY tieout.close_finding
    ADD CONSTRAINT close_finding_pkey PRIMARY KEY (entity, period, task);
ALTER TABLE ONLY tieout.close_sheet
    ADD CONSTRAINT close_sheet_pkey PRIMARY KEY (sheet_no);
ALTER TABLE ONLY tieout.collection_event
    ADD CONSTRAINT collection_event_pkey PRIMARY KEY (event_id);
ALTER TABLE ONLY tieout.control_total
    ADD CONSTRAINT control_total_pkey PRIMARY KEY (interface, period, currency, control_group);
ALTER TABLE ONLY tieout.credential
    ADD CONSTRAINT credential_pkey PRIMARY KEY (credential_id);
ALTER TABLE ONLY tieout.customer_exposure
    ADD CONSTRAINT customer_exposure_pkey PRIMARY KEY (entity, customer);
ALTER TABLE ONLY tieout.decided_alone
    ADD CONSTRAINT decided_alone_pkey PRIMARY KEY (no);
ALTER TABLE ONLY tieout.declared_origin
    ADD CONSTRAINT declared_origin_pkey PRIMARY KEY (origin_id);
ALTER TABLE ONLY tieout.delivery
    ADD CONSTRAINT delivery_pkey PRIMARY KEY (delivery_id);
ALTER TABLE ONLY tieout.delivery
    ADD CONSTRAINT delivery_system_external_id_key UNIQUE (system, external_id);
ALTER TABLE ONLY tieout.dispatch
    ADD CONSTRAINT dispatch_key_key UNIQUE (key);
ALTER TABLE ONLY tieout.dispatch_notice
    ADD CONSTRAINT dispatch_notice_pkey PRIMARY KEY (notice_id);
ALTER TABLE ONLY tieout.dispatch
    ADD CONSTRAINT dispatch_pkey PRIMARY KEY (dispatch_id);
ALTER TABLE ONLY tieout.document
    ADD CONSTRAINT document_interface_source_key_revision_key UNIQUE (interface, source_key, revision);
ALTER TABLE ONLY tieout.document_name
    ADD CONSTRAINT document_name_pkey PRIMARY KEY (entity, name, document_id);
ALTER TABLE ONLY tieout.document
    ADD CONSTRAINT document_pkey PRIMARY KEY (document_id);
ALTER TABLE ONLY tieout.evidence_head
    ADD CONSTRAINT evidence_head_pkey PRIMARY KEY (tree_size);
ALTER TABLE ONLY tieout.evidence_leaf
    ADD CONSTRAINT evidence_leaf_evidence_id_key UNIQUE (evidence_id);
ALTER TABLE ONLY tieout.evidence_leaf
    ADD CONSTRAINT evidence_leaf_pkey PRIMARY KEY (leaf_no);
ALTER TABLE ONLY tieout.evidence
    ADD CONSTRAINT evidence_pkey PRIMARY KEY (evidence_id);
ALTER TABLE ONLY tieout.failure
    ADD CONSTRAINT failure_pkey PRIMARY KEY (stage, lane, item);
ALTER TABLE ONLY tieout.file_change
    ADD CONSTRAINT file_change_pkey PRIMARY KEY (change_id);
ALTER TABLE ONLY tieout.findable_due
    ADD CONSTRAINT findable_due_pkey PRIMARY KEY (due_id);
ALTER TABLE ONLY tieout.findable
    ADD CONSTRAINT findable_pkey PRIMARY KEY (document_id);
ALTER TABLE ONLY tieout.findable_progress
    ADD CONSTRAINT findable_progress_pkey PRIMARY KEY (one);
ALTER TABLE ONLY tieout.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (scope, key);
ALTER TABLE ONLY tieout.kept_figure
    ADD CONSTRAINT kept_figure_pkey PRIMARY KEY (name);
ALTER TABLE ONLY tieout.key_end
    ADD CONSTRAINT key_end_pkey PRIMARY KEY (system);
ALTER TABLE ONLY tieout.late_decision
    ADD CONSTRAINT late_decision_pkey PRIMARY KEY (no);
ALTER TABLE ONLY tieout.late_event
    ADD CONSTRAINT late_event_pkey PRIMARY KEY (document_id);
ALTER TABLE ONLY tieout.ledger_month
    ADD CONSTRAINT ledger_month_pkey PRIMARY KEY (entity, period);
ALTER TABLE ONLY tieout.ledger_split
    ADD CONSTRAINT ledger_split_pkey PRIMARY KEY (entity, period, account, currency);
ALTER TABLE ONLY tieout.lesson
    ADD CONSTRAINT lesson_interface_kind_key_value_key UNIQUE (interface, kind, key, value);
ALTER TABLE ONLY tieout.lesson
    ADD CONSTRAINT lesson_pkey PRIMARY KEY (lesson_id);
ALTER TABLE ONLY tieout.match_line
    ADD CONSTRAINT match_line_pkey PRIMARY KEY (interface, source_key, line);
ALTER TABLE ONLY tieout.match_name
    ADD CONSTRAINT match_name_pkey PRIMARY KEY (entity, name, interface, source_key, side);
ALTER TABLE ONLY tieout.message_body
    ADD CONSTRAINT message_body_pkey PRIMARY KEY (message_id, received_at);
ALTER TABLE ONLY tieout.message_body_rest
    ADD CONSTRAINT message_body_rest_pkey PRIMARY KEY (message_id, received_at);
ALTER TABLE ONLY tieout.message
    ADD CONSTRAINT message_interface_dedupe_key_key UNIQUE (interface, dedupe_key);
ALTER TABLE ONLY tieout.message
    ADD CONSTRAINT message_pkey PRIMARY KEY (message_id);
ALTER TABLE ONLY tieout.notice_address
    ADD CONSTRAINT notice_address_pkey PRIMARY KEY (person, channel);
ALTER TABLE ONLY tieout.notice_choice
    ADD CONSTRAINT notice_choice_pkey PRIMARY KEY (person);
ALTER TABLE ONLY tieout.notice
    ADD CONSTRAINT notice_person_key_key UNIQUE (person, key);
ALTER TABLE ONLY tieout.notice
    ADD CONSTRAINT notice_pkey PRIMARY KEY (notice_id);
ALTER TABLE ONLY tieout.notice_seen
    ADD CONSTRAINT notice_seen_pkey PRIMARY KEY (person);
ALTER TABLE ONLY tieout.once
    ADD CONSTRAINT once_pkey PRIMARY KEY (token_sha256);
ALTER TABLE ONLY tieout.open_line
    ADD CONSTRAINT open_line_pkey PRIMARY KEY (entity, side, line);
ALTER TABLE ONLY tieout.open_line_cash
    ADD CONSTRAINT open_line_cash_pkey PRIMARY KEY (entity, side, line);
ALTER TABLE ONLY tieout.open_line_due
    ADD CONSTRAINT open_line_due_pkey PRIMARY KEY (entity, side, line);
ALTER TABLE ONLY tieout.open_line_sum
    ADD CONSTRAINT open_line_sum_pkey PRIMARY KEY (entity, side, currency);
ALTER TABLE ONLY tieout.opening_balance
    ADD CONSTRAINT opening_balance_pkey PRIMARY KEY (entity, begins_on, account, currency);
ALTER TABLE ONLY tieout.paused
    ADD CONSTRAINT paused_pkey PRIMARY KEY (interface);
ALTER TABLE ONLY tieout.payout_item
    ADD CONSTRAINT payout_item_pkey PRIMARY KEY (entity, payout_key, movement_key);
ALTER TABLE ONLY tieout.pinned_company
    ADD CONSTRAINT pinned_company_pkey PRIMARY KEY (system);
ALTER TABLE ONLY tieout.pinned_system
    ADD CONSTRAINT pinned_system_pkey PRIMARY KEY (system);
ALTER TABLE ONLY tieout.poll_cursor
    ADD CONSTRAINT poll_cursor_pkey PRIMARY KEY (interface, stream);
ALTER TABLE ONLY tieout.posting_line
    ADD CONSTRAINT posting_line_pkey PRIMARY KEY (external_id, plan_no, line_no);
ALTER TABLE ONLY tieout.preference
    ADD CONSTRAINT preference_pkey PRIMARY KEY (person);
ALTER TABLE ONLY tieout.prepared
    ADD CONSTRAINT prepared_pkey PRIMARY KEY (document_id);
ALTER TABLE ONLY tieout.qualified_version
    ADD CONSTRAINT qualified_version_pkey PRIMARY KEY (system, version, address, database_name);
ALTER TABLE ONLY tieout.receivable_invoice
    ADD CONSTRAINT receivable_invoice_pkey PRIMARY KEY (entity, move);
ALTER TABLE ONLY tieout.receivables_read
    ADD CONSTRAINT receivables_read_pkey PRIMARY KEY (entity);
ALTER TABLE ONLY tieout.release
    ADD CONSTRAINT release_pkey PRIMARY KEY (sha256);
ALTER TABLE ONLY tieout.saved_view
    ADD CONSTRAINT saved_view_person_page_name_key UNIQUE (person, page, name);
ALTER TABLE ONLY tieout.saved_view
    ADD CONSTRAINT saved_view_pkey PRIMARY KEY (view_id);
ALTER TABLE ONLY tieout.schema_migration
    ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (name);
ALTER TABLE ONLY tieout.service_key
    ADD CONSTRAINT service_key_key_id_key UNIQUE (key_id);
ALTER TABLE ONLY tieout.service_key
    ADD CONSTRAINT service_key_pkey PRIMARY KEY (key_sha256);
ALTER TABLE ONLY tieout.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (token_sha256);
ALTER TABLE ONLY tieout.signature
    ADD CONSTRAINT signature_pkey PRIMARY KEY (signature_id);
ALTER TABLE ONLY tieout.standing_items
    ADD CONSTRAINT standing_items_pkey PRIMARY KEY (entity, period);
ALTER TABLE ONLY tieout.standing_told
    ADD CONSTRAINT standing_told_pkey PRIMARY KEY (entity, account_key);
ALTER TABLE ONLY tieout.subscription
    ADD CONSTRAINT subscription_pkey PRIMARY KEY (subscription_id);
ALTER TABLE ONLY tieout.suggestion
    ADD CONSTRAINT suggestion_pkey PRIMARY KEY (suggestion_id);
ALTER TABLE ONLY tieout.survey_entry
    ADD CONSTRAINT survey_entry_pkey PRIMARY KEY (survey, key);
ALTER TABLE ONLY tieout.survey_line
    ADD CONSTRAINT survey_line_pkey PRIMARY KEY (survey, key);
ALTER TABLE ONLY tieout.survey_party
    ADD CONSTRAINT survey_party_pkey PRIMARY KEY (survey, key);
ALTER TABLE ONLY tieout.survey
    ADD CONSTRAINT survey_pkey PRIMARY KEY (survey);
ALTER TABLE ONLY tieout.tax_entered
    ADD CONSTRAINT tax_entered_pkey PRIMARY KEY (no);
ALTER TABLE ONLY tieout.tax_filed_item
    ADD CONSTRAINT tax_filed_item_pkey PRIMARY KEY (no, key, use, name);
ALTER TABLE ONLY tieout.tax_filing
    ADD CONSTRAINT tax_filing_corrects_key UNIQUE (corrects);
ALTER TABLE ONLY tieout.tax_filing
    ADD CONSTRAINT tax_filing_pkey PRIMARY KEY (no);
ALTER TABLE ONLY tieout.tax_month
    ADD CONSTRAINT tax_month_pkey PRIMARY KEY (entity, period);
ALTER TABLE ONLY tieout.throttle
    ADD CONSTRAINT throttle_pkey PRIMARY KEY (subject);
ALTER TABLE ONLY tieout.unpinned_system
    ADD CONSTRAINT unpinned_system_pkey PRIMARY KEY (system);
ALTER TABLE ONLY tieout.waiting_file
    ADD CONSTRAINT waiting_file_pkey PRIMARY KEY (interface, name);
CREATE UNIQUE INDEX alert_one ON tieout.alert USING btree (key) WHERE (cleared_at IS NULL);
CREATE INDEX approval_request_batch ON tieout.approval_request USING btree (interface, batch) WHERE (batch <> ''::text);
CREATE INDEX approval_request_document ON tieout.approval_request USING btree (document_id);
CREATE UNIQUE INDEX approval_request_one ON tieout.approval_request USING btree (action, subject, revision) WHERE (state = ANY (ARRAY['open'::text, 'approved'::text]));
CREATE INDEX approval_request_open ON tieout.approval_request USING btree (due_at) WHERE (state = 'open'::text);
CREATE INDEX case_note_case ON tieout.case_note USING btree (case_id, note_id);
CREATE INDEX case_watch_person ON tieout.case_watch USING btree (case_id, person, watch_id DESC);
CREATE INDEX cases_accepted ON tieout.cases USING btree (fingerprint) WHERE accepted;
CREATE INDEX cases_accepted_document ON tieout.cases USING btree (document_id) WHERE accepted;
CREATE INDEX cases_cause ON tieout.cases USING btree (cause, entity, amount DESC, case_id) WHERE (state = 'open'::text);
CREATE INDEX cases_document ON tieout.cases USING btree (document_id) WHERE (state = 'open'::text);
CREATE INDEX cases_group ON tieout.cases USING btree (group_key, amount DESC, case_id) WHERE (state = 'open'::text);
CREATE INDEX cases_of_document ON tieout.cases USING btree (document_id);
CREATE UNIQUE INDEX cases_one_open ON tieout.cases USING btree (fingerprint) WHERE (state = 'open'::text);
CREATE INDEX cases_risk ON tieout.cases USING btree (amount DESC, case_id) WHERE (state = 'open'::text);
CREATE UNIQUE INDEX certification_one ON tieout.certification USING btree (entity, period, account, currency) WHERE (revoked_at IS NULL);
CREATE INDEX certify_rule_of ON tieout.certify_rule USING btree (entity, rule_id);
CREATE INDEX close_sheet_of ON tieout.close_sheet USING btree (entity, period, sheet_no);
CREATE INDEX collection_event_of ON tieout.collection_event USING btree (entity, move, event_id);
CREATE UNIQUE INDEX credential_handle ON tieout.credential USING btree (kind, handle) WHERE ((handle <> ''::text) AND (ended_at IS NULL));
CREATE UNIQUE INDEX credential_one ON tieout.credential USING btree (person, kind) WHERE ((ended_at IS NULL) AND (confirmed_at IS NOT NULL) AND (kind = ANY (ARRAY['password'::text, 'totp'::text])));
CREATE INDEX credential_person ON tieout.credential USING btree (person) WHERE (ended_at IS NULL);
CREATE INDEX decided_alone_person ON tieout.decided_alone USING btree (entity, look, at);
CREATE UNIQUE INDEX declared_origin_one ON tieout.declared_origin USING btree (entity, name) WHERE (ended_at IS NULL);
CREATE INDEX delivery_arrival ON tieout.delivery USING btree ((((body)::jsonb ->> 'left'::text))) WHERE (effect = ANY (ARRAY['match_bank_line'::text, 'match_payout_reversal'::text]));
CREATE INDEX delivery_document ON tieout.delivery USING btree (document_id);
CREATE INDEX delivery_refused ON tieout.delivery USING btree (delivery_id) WHERE (state = 'refused'::text);
CREATE INDEX delivery_todo ON tieout.delivery USING btree (system, lane, delivery_id) WHERE (state = ANY (ARRAY['waiting'::text, 'attempting'::text, 'unknown'::text]));
CREATE INDEX delivery_unmatch ON tieout.delivery USING btree (delivery_id) WHERE (effect ~~ 'unmatch%'::text);
CREATE INDEX dispatch_due ON tieout.dispatch USING btree (channel, next_at) WHERE (state = 'waiting'::text);
CREATE INDEX dispatch_ended ON tieout.dispatch USING btree (channel, ended_at) WHERE ((state = ANY (ARRAY['sent'::text, 'failed'::text])) AND (kind <> 'address'::text));
CREATE INDEX dispatch_notice_of ON tieout.dispatch_notice USING btree (dispatch_id);
CREATE INDEX dispatch_person ON tieout.dispatch USING btree (person, dispatch_id DESC);
CREATE UNIQUE INDEX dispatch_waiting ON tieout.dispatch USING btree (person, channel, ((kind = 'address'::text))) WHERE (state = 'waiting'::text);
CREATE INDEX document_awaiting ON tieout.document USING btree (reason) WHERE ((state = 'normalised'::text) AND (reason <> ''::text));
CREATE INDEX document_bank_line ON tieout.document USING btree (entity, occurred_at, ((measure_debit - measure_credit))) WHERE (kind = 'statement_line'::text);
CREATE INDEX document_entity ON tieout.document USING btree (entity, document_id);
CREATE INDEX document_interface ON tieout.document USING btree (interface, document_id);
CREATE INDEX document_kind ON tieout.document USING btree (entity, kind, document_id);
CREATE INDEX document_link ON tieout.document USING btree (entity, link_key) WHERE (link_key <> ''::text);
CREATE INDEX document_match ON tieout.document USING btree (document_id) WHERE (kind = 'reconciliation'::text);
CREATE INDEX document_month ON tieout.document USING btree (period, document_id);
CREATE INDEX document_name_document ON tieout.document_name USING btree (document_id);
CREATE INDEX document_occurred ON tieout.document USING btree (interface, occurred_at, document_id);
CREATE INDEX document_order ON tieout.document USING btree (entity, order_key) WHERE (order_key <> ''::text);
CREATE INDEX document_payout ON tieout.document USING btree (accounting_on DESC, document_id DESC) WHERE ((kind = 'provider_movement'::text) AND (((content)::jsonb ->> 'category'::text) = 'payout'::text) AND (state <> 'superseded'::text));
CREATE INDEX document_period ON tieout.document USING btree (interface, period);
CREATE INDEX document_planned ON tieout.document USING btree (document_id) WHERE (state = 'planned'::text);
CREATE INDEX document_retry ON tieout.document USING btree (retry_at) WHERE ((state = 'normalised'::text) AND (retry_at IS NOT NULL));
CREATE INDEX document_source ON tieout.document USING btree (source_key);
CREATE INDEX document_state ON tieout.document USING btree (state, document_id) WHERE (state = ANY (ARRAY['refused'::text, 'normalised'::text, 'excluded'::text]));
CREATE INDEX evidence_action ON tieout.evidence USING btree (action, evidence_id);
CREATE INDEX evidence_actor ON tieout.evidence USING btree (actor, evidence_id);
CREATE INDEX evidence_authority ON tieout.evidence USING btree (evidence_id) WHERE (action ~~ 'authority.%'::text);
CREATE INDEX evidence_subject ON tieout.evidence USING btree (subject, evidence_id);
CREATE INDEX evidence_xid ON tieout.evidence USING btree (xid);
CREATE INDEX findable_terms ON tieout.findable USING gin (terms) WITH (gin_pending_list_limit='512');
CREATE INDEX idempotency_age ON tieout.idempotency USING btree (made_at);
CREATE INDEX late_decision_document ON tieout.late_decision USING btree (document_id, no);
CREATE INDEX late_event_booked ON tieout.late_event USING btree (entity, booked_on);
CREATE UNIQUE INDEX lesson_one_meaning ON tieout.lesson USING btree (interface, kind, key) WHERE (state = 'approved'::text);
CREATE INDEX match_line_effect ON tieout.match_line USING btree (effect) WHERE (effect <> ''::text);
CREATE INDEX match_line_line ON tieout.match_line USING btree (entity, line);
CREATE INDEX match_name_match ON tieout.match_name USING btree (interface, source_key);
CREATE INDEX message_failed ON tieout.message USING btree (interface, source_key) WHERE (state = 'failed'::text);
CREATE INDEX message_todo ON tieout.message USING btree (interface, message_id) WHERE (state = 'received'::text);
CREATE INDEX notice_case ON tieout.notice USING btree (case_id, kind);
CREATE INDEX notice_person ON tieout.notice USING btree (person, notice_id DESC);
CREATE INDEX once_person ON tieout.once USING btree (purpose, person) WHERE (used_at IS NULL);
CREATE INDEX open_line_age ON ONLY tieout.open_line USING btree (entity, side, booked_on, line);
CREATE INDEX open_line_amount ON ONLY tieout.open_line USING btree (entity, side, currency, amount, line);
CREATE INDEX open_line_cash_entity_side_booked_on_line_idx ON tieout.open_line_cash USING btree (entity, side, booked_on, line);
CREATE INDEX open_line_cash_entity_side_currency_amount_line_idx ON tieout.open_line_cash USING btree (entity, side, currency, amount, line);
CREATE INDEX open_line_due_entity_side_booked_on_line_idx ON tieout.open_line_due USING btree (entity, side, booked_on, line);
CREATE INDEX open_line_due_entity_side_currency_amount_line_idx ON tieout.open_line_due USING btree (entity, side, currency, amount, line);
CREATE INDEX payout_item_movement ON tieout.payout_item USING btree (entity, movement_key);
CREATE INDEX prepared_payees ON tieout.prepared USING gin (payees);
CREATE INDEX prepared_received ON tieout.prepared USING btree (entity, kind, received_at);
CREATE INDEX receivable_invoice_due ON tieout.receivable_invoice USING btree (entity, due_on, move) WHERE (status <> 'paid'::text);
CREATE INDEX saved_view_page ON tieout.saved_view USING btree (page, name);
CREATE INDEX session_person ON tieout.session USING btree (person) WHERE (ended_at IS NULL);
CREATE UNIQUE INDEX signature_one ON tieout.signature USING btree (entity, period, task) WHERE (revoked_at IS NULL);
CREATE UNIQUE INDEX suggestion_one_open ON tieout.suggestion USING btree (interface, lines_key) WHERE (state = ANY (ARRAY['open'::text, 'to_approve'::text]));
CREATE INDEX suggestion_rejected ON tieout.suggestion USING btree (interface, lines_key) WHERE (state = 'rejected'::text);
CREATE INDEX survey_of_system ON tieout.survey USING btree (system, survey);
ALTER INDEX tieout.message_body_pkey ATTACH PARTITION tieout.message_body_rest_pkey;
ALTER INDEX tieout.open_line_age ATTACH PARTITION tieout.open_line_cash_entity_side_booked_on_line_idx;
ALTER INDEX tieout.open_line_amount ATTACH PARTITION tieout.open_line_cash_entity_side_currency_amount_line_idx;
ALTER INDEX tieout.open_line_pkey ATTACH PARTITION tieout.open_line_cash_pkey;
ALTER INDEX tieout.open_line_age ATTACH PARTITION tieout.open_line_due_entity_side_booked_on_line_idx;
ALTER INDEX tieout.open_line_amount ATTACH PARTITION tieout.open_line_due_entity_side_currency_amount_line_idx;
ALTER INDEX tieout.open_line_pkey ATTACH PARTITION tieout.open_line_due_pkey;
CREATE TRIGGER approval_decision_fixed BEFORE DELETE OR UPDATE ON tieout.approval_decision FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER approval_decision_kept BEFORE TRUNCATE ON tieout.approval_decision FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER approval_request_fixed BEFORE UPDATE ON tieout.approval_request FOR EACH ROW EXECUTE FUNCTION tieout.refuse_new_content();
CREATE TRIGGER approval_request_kept BEFORE DELETE OR TRUNCATE ON tieout.approval_request FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER authority_fixed BEFORE DELETE OR UPDATE ON tieout.authority FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER authority_kept BEFORE TRUNCATE ON tieout.authority FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER bulk_decision_fixed BEFORE DELETE OR UPDATE ON tieout.bulk_decision FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER bulk_decision_kept BEFORE TRUNCATE ON tieout.bulk_decision FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER case_note_append_only BEFORE DELETE OR UPDATE ON tieout.case_note FOR EACH ROW EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER case_watch_append_only BEFORE DELETE OR UPDATE ON tieout.case_watch FOR EACH ROW EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER certification_fixed BEFORE DELETE ON tieout.certification FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER certification_kept BEFORE UPDATE ON tieout.certification FOR EACH ROW EXECUTE FUNCTION tieout.keep_certification();
CREATE TRIGGER certification_whole BEFORE TRUNCATE ON tieout.certification FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER certify_rule_fixed BEFORE DELETE OR UPDATE ON tieout.certify_rule FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER certify_rule_kept BEFORE TRUNCATE ON tieout.certify_rule FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER close_sheet_fixed BEFORE DELETE OR UPDATE ON tieout.close_sheet FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER close_sheet_kept BEFORE TRUNCATE ON tieout.close_sheet FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER collection_event_fixed BEFORE DELETE OR UPDATE ON tieout.collection_event FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER collection_event_kept BEFORE TRUNCATE ON tieout.collection_event FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER credential_fixed BEFORE DELETE ON tieout.credential FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER credential_kept BEFORE UPDATE ON tieout.credential FOR EACH ROW EXECUTE FUNCTION tieout.keep_credential();
CREATE TRIGGER credential_whole BEFORE TRUNCATE ON tieout.credential FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER decided_alone_fixed BEFORE DELETE OR UPDATE ON tieout.decided_alone FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER decided_alone_kept BEFORE TRUNCATE ON tieout.decided_alone FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER dispatch_notice_append_only BEFORE DELETE OR UPDATE ON tieout.dispatch_notice FOR EACH ROW EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER evidence_fixed BEFORE DELETE OR UPDATE ON tieout.evidence FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER evidence_kept BEFORE TRUNCATE ON tieout.evidence FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER head_fixed BEFORE DELETE OR UPDATE ON tieout.evidence_head FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER head_kept BEFORE TRUNCATE ON tieout.evidence_head FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER late_decision_fixed BEFORE DELETE OR UPDATE ON tieout.late_decision FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER late_decision_kept BEFORE TRUNCATE ON tieout.late_decision FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER leaf_fixed BEFORE DELETE OR UPDATE ON tieout.evidence_leaf FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER leaf_kept BEFORE TRUNCATE ON tieout.evidence_leaf FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER notice_append_only BEFORE DELETE OR UPDATE ON tieout.notice FOR EACH ROW EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.access_token FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.account_figure FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.alert FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.alert_told FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.approval_decision FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.approval_request FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.attempt FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.authority FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.bulk_decision FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.case_note FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.case_watch FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.cases FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.certification FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.certify_rule FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.close_finding FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.close_sheet FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.collection_event FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.control_total FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.credential FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.customer_exposure FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.decided_alone FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.declared_origin FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.delivery FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.dispatch FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.dispatch_notice FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.document FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.document_name FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.evidence FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.evidence_head FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.evidence_leaf FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.failure FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.file_change FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.findable FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.findable_due FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.findable_progress FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.idempotency FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.kept_figure FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.key_end FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.late_decision FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.late_event FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.ledger_month FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.ledger_split FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.lesson FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.match_line FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.match_name FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.message FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.message_body FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.notice FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.notice_address FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.notice_choice FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.notice_seen FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.once FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.open_line FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.open_line_sum FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.opening_balance FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.paused FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.payout_item FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.pinned_company FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.pinned_system FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.poll_cursor FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.posting_line FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.preference FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.prepared FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.qualified_version FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.receivable_invoice FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.receivables_read FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.release FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.saved_view FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.service_key FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.session FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.signature FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.standing_items FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.standing_told FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.subscription FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.suggestion FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.survey FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.survey_entry FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.survey_line FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.survey_party FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.tax_entered FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.tax_filed_item FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.tax_filing FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.tax_month FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.throttle FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.unpinned_system FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER other_versions BEFORE INSERT OR DELETE OR UPDATE ON tieout.waiting_file FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_other_versions();
CREATE TRIGGER pinned_company_fixed BEFORE UPDATE ON tieout.pinned_company FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER posting_balances AFTER INSERT ON tieout.posting_line REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION tieout.posting_balances();
CREATE TRIGGER posting_line_fixed BEFORE DELETE OR UPDATE ON tieout.posting_line FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER posting_line_kept BEFORE TRUNCATE ON tieout.posting_line FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER qualified_version_fixed BEFORE UPDATE ON tieout.qualified_version FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER service_key_fixed BEFORE DELETE ON tieout.service_key FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER service_key_kept BEFORE UPDATE ON tieout.service_key FOR EACH ROW EXECUTE FUNCTION tieout.keep_service_key();
CREATE TRIGGER session_kept BEFORE UPDATE ON tieout.session FOR EACH ROW EXECUTE FUNCTION tieout.keep_session();
CREATE TRIGGER signature_fixed BEFORE DELETE ON tieout.signature FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER signature_kept BEFORE UPDATE ON tieout.signature FOR EACH ROW EXECUTE FUNCTION tieout.keep_signature();
CREATE TRIGGER signature_whole BEFORE TRUNCATE ON tieout.signature FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER tax_filed_item_fixed BEFORE DELETE OR UPDATE ON tieout.tax_filed_item FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER tax_filed_item_kept BEFORE TRUNCATE ON tieout.tax_filed_item FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER tax_filing_fixed BEFORE DELETE OR UPDATE ON tieout.tax_filing FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
CREATE TRIGGER tax_filing_kept BEFORE TRUNCATE ON tieout.tax_filing FOR EACH STATEMENT EXECUTE FUNCTION tieout.refuse_change();
ALTER TABLE ONLY tieout.alert_told
    ADD CONSTRAINT alert_told_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES tieout.alert(alert_id);
ALTER TABLE ONLY tieout.approval_decision
    ADD CONSTRAINT approval_decision_request_id_content_sha256_makers_fkey FOREIGN KEY (request_id, content_sha256, makers) REFERENCES tieout.approval_request(request_id, content_sha256, makers);
ALTER TABLE ONLY tieout.case_note
    ADD CONSTRAINT case_note_case_id_fkey FOREIGN KEY (case_id) REFERENCES tieout.cases(case_id);
ALTER TABLE ONLY tieout.case_watch
    ADD CONSTRAINT case_watch_case_id_fkey FOREIGN KEY (case_id) REFERENCES tieout.cases(case_id);
ALTER TABLE ONLY tieout.cases
    ADD CONSTRAINT cases_document_id_fkey FOREIGN KEY (document_id) REFERENCES tieout.document(document_id);
ALTER TABLE ONLY tieout.delivery
    ADD CONSTRAINT delivery_document_id_fkey FOREIGN KEY (document_id) REFERENCES tieout.document(document_id);
ALTER TABLE ONLY tieout.dispatch_notice
    ADD CONSTRAINT dispatch_notice_dispatch_id_fkey FOREIGN KEY (dispatch_id) REFERENCES tieout.dispatch(dispatch_id);
ALTER TABLE ONLY tieout.dispatch_notice
    ADD CONSTRAINT dispatch_notice_notice_id_fkey FOREIGN KEY (notice_id) REFERENCES tieout.notice(notice_id);
ALTER TABLE ONLY tieout.document
    ADD CONSTRAINT document_message_id_fkey FOREIGN KEY (message_id) REFERENCES tieout.message(message_id);
ALTER TABLE ONLY tieout.notice
    ADD CONSTRAINT notice_case_id_fkey FOREIGN KEY (case_id) REFERENCES tieout.cases(case_id);
ALTER TABLE ONLY tieout.survey_entry
    ADD CONSTRAINT survey_entry_survey_fkey FOREIGN KEY (survey) REFERENCES tieout.survey(survey);
ALTER TABLE ONLY tieout.survey_line
    ADD CONSTRAINT survey_line_survey_fkey FOREIGN KEY (survey) REFERENCES tieout.survey(survey);
ALTER TABLE ONLY tieout.survey_party
    ADD CONSTRAINT survey_party_survey_fkey FOREIGN KEY (survey) REFERENCES tieout.survey(survey);
ALTER TABLE ONLY tieout.tax_entered
    ADD CONSTRAINT tax_entered_no_fkey FOREIGN KEY (no) REFERENCES tieout.tax_filing(no);
ALTER TABLE ONLY tieout.tax_filed_item
    ADD CONSTRAINT tax_filed_item_no_fkey FOREIGN KEY (no) REFERENCES tieout.tax_filing(no);
ALTER TABLE ONLY tieout.tax_filing
    ADD CONSTRAINT tax_filing_corrects_fkey FOREIGN KEY (corrects) REFERENCES tieout.tax_filing(no);
