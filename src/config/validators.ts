// @ts-nocheck: made by `npm run docs:config` from the schemas in schema.ts; a test compares them.
import { createRequire } from 'node:module';
import type { ValidateFunction } from 'ajv';
import { formats } from './formats.ts';
import type { RawConfig, RawCredentials } from './raw.ts';
const require = createRequire(import.meta.url);
export const validateConfig: ValidateFunction<RawConfig> = validate0;
const schema0 = {"$schema":"http://json-schema.org/draft-07/schema#","title":"carbonation config.toml","type":"object","description":"Configuration of carbonation.","properties":{"service":{"type":"object","description":"How the service works.","properties":{"poll_interval":{"type":"string","format":"duration","description":"How often the service looks for work that other processes left for it.","default":"5s","x-expects":"a duration such as \"30s\", \"5m\", \"24h\" or \"7d\""},"reconcile_interval":{"type":"string","format":"duration","description":"How often every watch directory is compared with the database.","default":"24h","x-expects":"a duration such as \"30s\", \"5m\", \"24h\" or \"7d\""},"heartbeat_interval":{"type":"string","format":"duration","description":"How often the service records that it is alive.","default":"60s","x-expects":"a duration such as \"30s\", \"5m\", \"24h\" or \"7d\""},"workers":{"type":"integer","minimum":1,"maximum":1024,"default":4,"description":"Threads that check, extract and transfer files.","x-expects":"a whole number from 1 to 1024"},"max_retries":{"type":"integer","minimum":0,"maximum":1000000,"default":3,"description":"How often a failed group is tried again before it is FAILED.","x-expects":"a whole number from 0 to 1000000"},"retry_delay":{"type":"string","format":"duration","description":"The wait before the first retry.","default":"30m","x-expects":"a duration such as \"30s\", \"5m\", \"24h\" or \"7d\""},"retry_backoff":{"type":"string","enum":["fixed","exponential"],"default":"fixed","description":"Whether the wait stays the same or doubles each time."},"retry_max_delay":{"type":"string","format":"duration","description":"The longest wait before a retry.","default":"1d","x-expects":"a duration such as \"30s\", \"5m\", \"24h\" or \"7d\""},"stale_threshold":{"type":"string","format":"duration","description":"How long a file must be detected or waiting before reconciliation processes it again.","default":"1d","x-expects":"a duration such as \"30s\", \"5m\", \"24h\" or \"7d\""},"stats_recompute_every":{"type":"integer","minimum":1,"maximum":1000000,"default":10,"description":"Without effect: every change keeps the totals right.","x-expects":"a whole number from 1 to 1000000"},"extract_timeout":{"type":"string","format":"duration","description":"How long an extractor may take for one group.","default":"60s","x-expects":"a duration such as \"30s\", \"5m\", \"24h\" or \"7d\""},"max_active_groups":{"type":"integer","minimum":1,"maximum":1000000,"default":1000,"description":"How many groups may be in memory at once; with several watches, no watch takes all places.","x-expects":"a whole number from 1 to 1000000"},"max_gone_percent":{"type":"integer","minimum":0,"maximum":100,"default":20,"description":"Reconciliation clears nothing when more than this share of a watch’s unarchived files is gone at once, and more than `max_gone_files`.","x-expects":"a whole number from 0 to 100"},"history_retention":{"type":"string","minLength":1,"description":"How long steps of the history are kept; not set: for ever. The last step, decision and transfer of a group are always kept.","x-expects":"a span of time such as \"365 days\" or \"10 years\"","format":"retention"},"max_gone_files":{"type":"integer","minimum":0,"maximum":1000000000,"default":50,"description":"Reconciliation clears nothing when more than this number of a watch’s unarchived files is gone at once, and more than `max_gone_percent` of them.","x-expects":"a whole number from 0 to 1000000000"}},"required":[],"additionalProperties":false,"default":{}},"logging":{"type":"object","description":"Where the log goes.","properties":{"level":{"type":"string","minLength":1,"description":"The least severe level that is logged.","x-expects":"one of TRACE, DEBUG, INFO, SUCCESS, WARNING, ERROR, CRITICAL","pattern":"^(?:[Tt][Rr][Aa][Cc][Ee]|[Dd][Ee][Bb][Uu][Gg]|[Ii][Nn][Ff][Oo]|[Ss][Uu][Cc][Cc][Ee][Ss][Ss]|[Ww][Aa][Rr][Nn][Ii][Nn][Gg]|[Ee][Rr][Rr][Oo][Rr]|[Cc][Rr][Ii][Tt][Ii][Cc][Aa][Ll])$","default":"INFO","x-values":["TRACE","DEBUG","INFO","SUCCESS","WARNING","ERROR","CRITICAL"]},"format":{"type":"string","enum":["text","json"],"default":"text","description":"Text for people, or JSON lines."},"file":{"type":"string","minLength":1,"description":"A log file besides stderr; relative to the directory of config.toml.","x-expects":"the path of a file"},"rotation":{"type":["string","integer"],"format":"size","minimum":1,"default":"10 MB","description":"The size at which a new log file begins; a plain number is bytes.","x-expects":"a size such as \"10 MB\""},"retention":{"type":"string","minLength":1,"description":"How long old log files are kept.","x-expects":"a span of time such as \"30 days\"","format":"retention","default":"30 days"}},"required":[],"additionalProperties":false,"default":{}},"database":{"type":"object","description":"The database that holds the state.","properties":{"drivername":{"type":"string","minLength":1,"description":"The kind of database; not set: that of secrets.toml, else sqlite. A suffix such as `+psycopg2` is ignored.","x-expects":"one of sqlite, postgresql, mysql, mariadb","pattern":"^(?:sqlite|postgresql|mysql|mariadb)(?:\\+[A-Za-z0-9_]+)?$","x-values":["sqlite","postgresql","mysql","mariadb"]},"name":{"type":"string","minLength":1,"description":"SQLite: the file, relative to the directory of config.toml; not set: `carbonation.db`. Otherwise the name of the database; not set: `carbonation`.","x-expects":"a text"},"host":{"type":"string","minLength":1,"description":"The database server; not set: this machine.","x-expects":"the name or address of a host"},"port":{"type":"integer","minimum":1,"maximum":65535,"description":"The port of the database server; not set: its usual one.","x-expects":"a port from 1 to 65535"},"username":{"type":"string","minLength":1,"description":"The user at the database server.","x-expects":"a text"},"password":{"type":"string","minLength":1,"description":"The password; better in secrets.toml or `password_file`.","x-expects":"a text","writeOnly":true},"password_file":{"type":"string","minLength":1,"description":"A file that holds the password; relative to the directory of the file that names it.","x-expects":"the path of a file"},"tls":{"type":"string","enum":["off","require","verify"],"description":"Encryption of the connection: none (also when not set), with any certificate, or with a certificate that a trusted authority has signed and that names `host`."},"ca_file":{"type":"string","minLength":1,"description":"The authorities to trust with `verify`, as PEM; not set: those that Node trusts.","x-expects":"the path of a file"},"echo":{"type":"boolean","default":false,"description":"Without effect: SQL statements are not logged."}},"required":[],"additionalProperties":false,"writeOnly":true,"default":{}},"plugins":{"type":"object","description":"The plugin.","properties":{"package":{"type":"string","minLength":1,"description":"A package name, or a path relative to the directory of config.toml.","x-expects":"a text"}},"required":[],"additionalProperties":false,"default":{}},"rules":{"type":"object","description":"The rules.","properties":{"file":{"type":"string","minLength":1,"description":"The rules file; relative to the directory of config.toml.","x-expects":"the path of a file","default":"rules.toml"}},"required":[],"additionalProperties":false,"default":{}},"watch":{"type":"array","items":{"type":"object","description":"One delivery directory.","properties":{"name":{"type":"string","minLength":1,"description":"Its name in the database, in logs and queries. With another name it is another watch; see \"Change a project\" in docs/operations.md.","x-expects":"a name of at most 255 characters","maxLength":255},"path":{"type":"string","minLength":1,"description":"The directory; relative to the directory of config.toml.","x-expects":"the path of a directory"},"rules":{"type":"string","minLength":1,"description":"The rule set (of rules.toml) that applies. If another one is named, groups that wait or were not selected are judged again at the next start.","x-expects":"the name of a rule set"},"type":{"type":"string","minLength":1,"description":"A label that is stored with each group.","x-expects":"a text of at most 255 characters","maxLength":255},"recursive":{"type":"boolean","default":false,"description":"Whether directories below it are watched too."},"patterns":{"type":"array","items":{"type":"string","minLength":1,"description":"One of them.","x-expects":"a text"},"default":[],"description":"Globs on the file name; empty: every file.","x-expects":"a list of texts"},"ignore_patterns":{"type":"array","items":{"type":"string","minLength":1,"description":"One of them.","x-expects":"a text"},"default":["*.tmp",".*"],"description":"Globs on the names of files to ignore, and of directories of a recursive watch; a list of your own replaces these. Temporary files of carbonation are always ignored.","x-expects":"a list of texts"},"settle_seconds":{"type":"number","exclusiveMinimum":0,"maximum":31536000,"default":2,"description":"For how many seconds a file must not change before it is processed. Must be longer than the pauses of the program that writes it, above all if files are moved; see \"Half files\" in docs/operations.md.","x-expects":"a number of seconds, more than 0, at most 31536000"},"archive":{"type":"string","minLength":1,"description":"The archive of groups for which the rule set names none.","x-expects":"the name of an archive"},"follow_symlinks":{"type":"boolean","default":false,"description":"Whether symbolic links are followed; see \"Links\" in docs/operations.md."},"on_redelivery":{"type":"string","enum":["archive","ignore"],"default":"archive","description":"Whether a file that is delivered again with other content is archived again."}},"required":["name","path","rules"],"additionalProperties":false},"default":[],"description":"Delivery directories.","x-expects":"tables [[watch]]"},"archive":{"type":"array","items":{"type":"object","description":"One destination.","properties":{"name":{"type":"string","minLength":1,"description":"Its name in rules and commands.","x-expects":"a text"},"destination":{"type":"string","minLength":1,"description":"Template of the directory below `base_path`, e.g. `{category}/{start:%Y%m%d}`.","x-expects":"a path with {placeholders}"},"base_path":{"type":"string","minLength":1,"description":"The root of the archive; relative to the directory of config.toml.","x-expects":"the path of a directory"},"action":{"type":"string","enum":["copy","move","hardlink","symlink"],"default":"copy","description":"How a file gets there."},"create_directories":{"type":"boolean","default":true,"description":"Whether missing directories are created."},"file_mode":{"enum":[384,416,420,432,438,288,292,"600","0600","0o600","640","0640","0o640","644","0644","0o644","660","0660","0o660","666","0666","0o666","440","0440","0o440","444","0444","0o444"],"default":416,"description":"Permissions of copied and moved files.","x-expects":"permissions, one of 0o600, 0o640, 0o644, 0o660, 0o666, 0o440, 0o444"},"dir_mode":{"enum":[448,488,493,504,511,"700","0700","0o700","750","0750","0o750","755","0755","0o755","770","0770","0o770","777","0777","0o777"],"default":488,"description":"Permissions of created directories.","x-expects":"permissions, one of 0o700, 0o750, 0o755, 0o770, 0o777"},"on_conflict":{"type":"string","enum":["keep_both","replace","fail"],"default":"keep_both","description":"What happens when the name is taken by other content; `replace` also replaces the copy of another group, which may be the only one, but not another file of the same group."},"verify":{"type":"string","enum":["checksum","size"],"default":"checksum","description":"How a transferred file is verified."},"durable":{"type":"boolean","default":true,"description":"Whether a file is flushed to disk before it counts as archived."}},"required":["name","destination"],"additionalProperties":false},"default":[],"description":"Destinations.","x-expects":"tables [[archive]]"},"http":{"type":"object","description":"Metrics, health and the status page.","properties":{"listen":{"type":"string","minLength":1,"description":"The address and port to serve them on; not set: they are not served. Other machines need `token_file`.","x-expects":"an address and a port, e.g. \"127.0.0.1:9464\"","pattern":"^(?:\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]+):\\d{1,5}$"},"token_file":{"type":"string","minLength":1,"description":"A file that holds the token, of 16 or more ASCII characters: needed for actions, and for everything if other machines can reach the address; relative to the directory of config.toml.","x-expects":"the path of a file"}},"required":[],"additionalProperties":false,"default":{}},"notify":{"type":"array","items":{"type":"object","description":"Who is notified of events: at least once, and after the event is recorded.","properties":{"name":{"type":"string","minLength":1,"description":"Its name, under which its place in the history is stored; not set: made from the command or URL.","x-expects":"a name","maxLength":64},"on":{"type":"array","minItems":1,"items":{"type":"string","enum":["archived","failed","timed_out","watch_lost"],"description":"One of them."},"description":"The events that it gets.","x-expects":"a list of \"archived\", \"failed\", \"timed_out\", \"watch_lost\""},"command":{"type":"array","minItems":1,"items":{"type":"string","minLength":1,"description":"The program, then its arguments; no shell is used.","x-expects":"a text"},"description":"A program that is run once for each event, with the event as JSON on stdin; exit code 0: the event was accepted.","x-expects":"a program and its arguments, e.g. [\"/usr/local/bin/page\", \"--team\", \"ops\"]","writeOnly":true},"url":{"type":"string","minLength":1,"description":"A webhook: each event is sent as JSON by POST; a status from 200 to 299: the event was accepted.","x-expects":"a URL that begins with https:// or http://","pattern":"^https?://[^\\s]+$","writeOnly":true},"token_file":{"type":"string","minLength":1,"description":"A file whose content is sent as `Authorization: Bearer …`; relative to the directory of config.toml.","x-expects":"the path of a file"},"watch":{"type":"string","minLength":1,"description":"Only events of this watch.","x-expects":"the name of a watch"},"timeout":{"type":"string","format":"duration","description":"How long a command or a request may take; a request at most 5 minutes.","default":"30s","x-expects":"a duration such as \"30s\", \"5m\", \"24h\" or \"7d\""}},"required":["on"],"additionalProperties":false},"default":[],"description":"Notifications.","x-expects":"tables [[notify]]"}},"required":[],"additionalProperties":false};
const func0 = Object.prototype.hasOwnProperty;
const func2 = require("ajv/dist/runtime/ucs2length").default;
const formats0 = formats.duration;
const formats14 = formats.retention;
const formats16 = formats.size;
const pattern0 = new RegExp("^(?:[Tt][Rr][Aa][Cc][Ee]|[Dd][Ee][Bb][Uu][Gg]|[Ii][Nn][Ff][Oo]|[Ss][Uu][Cc][Cc][Ee][Ss][Ss]|[Ww][Aa][Rr][Nn][Ii][Nn][Gg]|[Ee][Rr][Rr][Oo][Rr]|[Cc][Rr][Ii][Tt][Ii][Cc][Aa][Ll])$", "u");
const pattern1 = new RegExp("^(?:sqlite|postgresql|mysql|mariadb)(?:\\+[A-Za-z0-9_]+)?$", "u");
const pattern2 = new RegExp("^(?:\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]+):\\d{1,5}$", "u");
const pattern3 = new RegExp("^https?://[^\\s]+$", "u");

function validate0(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.service === undefined){
data.service = {};
}
if(data.logging === undefined){
data.logging = {};
}
if(data.database === undefined){
data.database = {};
}
if(data.plugins === undefined){
data.plugins = {};
}
if(data.rules === undefined){
data.rules = {};
}
if(data.watch === undefined){
data.watch = [];
}
if(data.archive === undefined){
data.archive = [];
}
if(data.http === undefined){
data.http = {};
}
if(data.notify === undefined){
data.notify = [];
}
for(const key0 in data){
if(!(func0.call(schema0.properties, key0))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties",schema:false,parentSchema:schema0,data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
let data0 = data.service;
if(data0 && typeof data0 == "object" && !Array.isArray(data0)){
if(data0.poll_interval === undefined){
data0.poll_interval = "5s";
}
if(data0.reconcile_interval === undefined){
data0.reconcile_interval = "24h";
}
if(data0.heartbeat_interval === undefined){
data0.heartbeat_interval = "60s";
}
if(data0.workers === undefined){
data0.workers = 4;
}
if(data0.max_retries === undefined){
data0.max_retries = 3;
}
if(data0.retry_delay === undefined){
data0.retry_delay = "30m";
}
if(data0.retry_backoff === undefined){
data0.retry_backoff = "fixed";
}
if(data0.retry_max_delay === undefined){
data0.retry_max_delay = "1d";
}
if(data0.stale_threshold === undefined){
data0.stale_threshold = "1d";
}
if(data0.stats_recompute_every === undefined){
data0.stats_recompute_every = 10;
}
if(data0.extract_timeout === undefined){
data0.extract_timeout = "60s";
}
if(data0.max_active_groups === undefined){
data0.max_active_groups = 1000;
}
if(data0.max_gone_percent === undefined){
data0.max_gone_percent = 20;
}
if(data0.max_gone_files === undefined){
data0.max_gone_files = 50;
}
for(const key1 in data0){
if(!(func0.call(schema0.properties.service.properties, key1))){
const err1 = {instancePath:instancePath+"/service",schemaPath:"#/properties/service/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties",schema:false,parentSchema:schema0.properties.service,data:data0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
let data1 = data0.poll_interval;
if(typeof data1 === "string"){
if(!(formats0.validate(data1))){
const err2 = {instancePath:instancePath+"/service/poll_interval",schemaPath:"#/properties/service/properties/poll_interval/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\"",schema:"duration",parentSchema:schema0.properties.service.properties.poll_interval,data:data1};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
else {
const err3 = {instancePath:instancePath+"/service/poll_interval",schemaPath:"#/properties/service/properties/poll_interval/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.service.properties.poll_interval.type,parentSchema:schema0.properties.service.properties.poll_interval,data:data1};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
let data2 = data0.reconcile_interval;
if(typeof data2 === "string"){
if(!(formats0.validate(data2))){
const err4 = {instancePath:instancePath+"/service/reconcile_interval",schemaPath:"#/properties/service/properties/reconcile_interval/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\"",schema:"duration",parentSchema:schema0.properties.service.properties.reconcile_interval,data:data2};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
else {
const err5 = {instancePath:instancePath+"/service/reconcile_interval",schemaPath:"#/properties/service/properties/reconcile_interval/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.service.properties.reconcile_interval.type,parentSchema:schema0.properties.service.properties.reconcile_interval,data:data2};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
let data3 = data0.heartbeat_interval;
if(typeof data3 === "string"){
if(!(formats0.validate(data3))){
const err6 = {instancePath:instancePath+"/service/heartbeat_interval",schemaPath:"#/properties/service/properties/heartbeat_interval/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\"",schema:"duration",parentSchema:schema0.properties.service.properties.heartbeat_interval,data:data3};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
else {
const err7 = {instancePath:instancePath+"/service/heartbeat_interval",schemaPath:"#/properties/service/properties/heartbeat_interval/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.service.properties.heartbeat_interval.type,parentSchema:schema0.properties.service.properties.heartbeat_interval,data:data3};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
let data4 = data0.workers;
if(!(((typeof data4 == "number") && (!(data4 % 1) && !isNaN(data4))) && (isFinite(data4)))){
const err8 = {instancePath:instancePath+"/service/workers",schemaPath:"#/properties/service/properties/workers/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema0.properties.service.properties.workers.type,parentSchema:schema0.properties.service.properties.workers,data:data4};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
if((typeof data4 == "number") && (isFinite(data4))){
if(data4 > 1024 || isNaN(data4)){
const err9 = {instancePath:instancePath+"/service/workers",schemaPath:"#/properties/service/properties/workers/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1024},message:"must be <= 1024",schema:1024,parentSchema:schema0.properties.service.properties.workers,data:data4};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
if(data4 < 1 || isNaN(data4)){
const err10 = {instancePath:instancePath+"/service/workers",schemaPath:"#/properties/service/properties/workers/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema0.properties.service.properties.workers,data:data4};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
let data5 = data0.max_retries;
if(!(((typeof data5 == "number") && (!(data5 % 1) && !isNaN(data5))) && (isFinite(data5)))){
const err11 = {instancePath:instancePath+"/service/max_retries",schemaPath:"#/properties/service/properties/max_retries/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema0.properties.service.properties.max_retries.type,parentSchema:schema0.properties.service.properties.max_retries,data:data5};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
if((typeof data5 == "number") && (isFinite(data5))){
if(data5 > 1000000 || isNaN(data5)){
const err12 = {instancePath:instancePath+"/service/max_retries",schemaPath:"#/properties/service/properties/max_retries/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000},message:"must be <= 1000000",schema:1000000,parentSchema:schema0.properties.service.properties.max_retries,data:data5};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
if(data5 < 0 || isNaN(data5)){
const err13 = {instancePath:instancePath+"/service/max_retries",schemaPath:"#/properties/service/properties/max_retries/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema0.properties.service.properties.max_retries,data:data5};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
let data6 = data0.retry_delay;
if(typeof data6 === "string"){
if(!(formats0.validate(data6))){
const err14 = {instancePath:instancePath+"/service/retry_delay",schemaPath:"#/properties/service/properties/retry_delay/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\"",schema:"duration",parentSchema:schema0.properties.service.properties.retry_delay,data:data6};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
else {
const err15 = {instancePath:instancePath+"/service/retry_delay",schemaPath:"#/properties/service/properties/retry_delay/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.service.properties.retry_delay.type,parentSchema:schema0.properties.service.properties.retry_delay,data:data6};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
let data7 = data0.retry_backoff;
if(typeof data7 !== "string"){
const err16 = {instancePath:instancePath+"/service/retry_backoff",schemaPath:"#/properties/service/properties/retry_backoff/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.service.properties.retry_backoff.type,parentSchema:schema0.properties.service.properties.retry_backoff,data:data7};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
if(!((data7 === "fixed") || (data7 === "exponential"))){
const err17 = {instancePath:instancePath+"/service/retry_backoff",schemaPath:"#/properties/service/properties/retry_backoff/enum",keyword:"enum",params:{allowedValues: schema0.properties.service.properties.retry_backoff.enum},message:"must be equal to one of the allowed values",schema:schema0.properties.service.properties.retry_backoff.enum,parentSchema:schema0.properties.service.properties.retry_backoff,data:data7};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
let data8 = data0.retry_max_delay;
if(typeof data8 === "string"){
if(!(formats0.validate(data8))){
const err18 = {instancePath:instancePath+"/service/retry_max_delay",schemaPath:"#/properties/service/properties/retry_max_delay/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\"",schema:"duration",parentSchema:schema0.properties.service.properties.retry_max_delay,data:data8};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
else {
const err19 = {instancePath:instancePath+"/service/retry_max_delay",schemaPath:"#/properties/service/properties/retry_max_delay/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.service.properties.retry_max_delay.type,parentSchema:schema0.properties.service.properties.retry_max_delay,data:data8};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
let data9 = data0.stale_threshold;
if(typeof data9 === "string"){
if(!(formats0.validate(data9))){
const err20 = {instancePath:instancePath+"/service/stale_threshold",schemaPath:"#/properties/service/properties/stale_threshold/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\"",schema:"duration",parentSchema:schema0.properties.service.properties.stale_threshold,data:data9};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
else {
const err21 = {instancePath:instancePath+"/service/stale_threshold",schemaPath:"#/properties/service/properties/stale_threshold/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.service.properties.stale_threshold.type,parentSchema:schema0.properties.service.properties.stale_threshold,data:data9};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
let data10 = data0.stats_recompute_every;
if(!(((typeof data10 == "number") && (!(data10 % 1) && !isNaN(data10))) && (isFinite(data10)))){
const err22 = {instancePath:instancePath+"/service/stats_recompute_every",schemaPath:"#/properties/service/properties/stats_recompute_every/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema0.properties.service.properties.stats_recompute_every.type,parentSchema:schema0.properties.service.properties.stats_recompute_every,data:data10};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
if((typeof data10 == "number") && (isFinite(data10))){
if(data10 > 1000000 || isNaN(data10)){
const err23 = {instancePath:instancePath+"/service/stats_recompute_every",schemaPath:"#/properties/service/properties/stats_recompute_every/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000},message:"must be <= 1000000",schema:1000000,parentSchema:schema0.properties.service.properties.stats_recompute_every,data:data10};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
if(data10 < 1 || isNaN(data10)){
const err24 = {instancePath:instancePath+"/service/stats_recompute_every",schemaPath:"#/properties/service/properties/stats_recompute_every/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema0.properties.service.properties.stats_recompute_every,data:data10};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
}
let data11 = data0.extract_timeout;
if(typeof data11 === "string"){
if(!(formats0.validate(data11))){
const err25 = {instancePath:instancePath+"/service/extract_timeout",schemaPath:"#/properties/service/properties/extract_timeout/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\"",schema:"duration",parentSchema:schema0.properties.service.properties.extract_timeout,data:data11};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
else {
const err26 = {instancePath:instancePath+"/service/extract_timeout",schemaPath:"#/properties/service/properties/extract_timeout/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.service.properties.extract_timeout.type,parentSchema:schema0.properties.service.properties.extract_timeout,data:data11};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
let data12 = data0.max_active_groups;
if(!(((typeof data12 == "number") && (!(data12 % 1) && !isNaN(data12))) && (isFinite(data12)))){
const err27 = {instancePath:instancePath+"/service/max_active_groups",schemaPath:"#/properties/service/properties/max_active_groups/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema0.properties.service.properties.max_active_groups.type,parentSchema:schema0.properties.service.properties.max_active_groups,data:data12};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
if((typeof data12 == "number") && (isFinite(data12))){
if(data12 > 1000000 || isNaN(data12)){
const err28 = {instancePath:instancePath+"/service/max_active_groups",schemaPath:"#/properties/service/properties/max_active_groups/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000},message:"must be <= 1000000",schema:1000000,parentSchema:schema0.properties.service.properties.max_active_groups,data:data12};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
if(data12 < 1 || isNaN(data12)){
const err29 = {instancePath:instancePath+"/service/max_active_groups",schemaPath:"#/properties/service/properties/max_active_groups/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema0.properties.service.properties.max_active_groups,data:data12};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
}
let data13 = data0.max_gone_percent;
if(!(((typeof data13 == "number") && (!(data13 % 1) && !isNaN(data13))) && (isFinite(data13)))){
const err30 = {instancePath:instancePath+"/service/max_gone_percent",schemaPath:"#/properties/service/properties/max_gone_percent/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema0.properties.service.properties.max_gone_percent.type,parentSchema:schema0.properties.service.properties.max_gone_percent,data:data13};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
if((typeof data13 == "number") && (isFinite(data13))){
if(data13 > 100 || isNaN(data13)){
const err31 = {instancePath:instancePath+"/service/max_gone_percent",schemaPath:"#/properties/service/properties/max_gone_percent/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100},message:"must be <= 100",schema:100,parentSchema:schema0.properties.service.properties.max_gone_percent,data:data13};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
if(data13 < 0 || isNaN(data13)){
const err32 = {instancePath:instancePath+"/service/max_gone_percent",schemaPath:"#/properties/service/properties/max_gone_percent/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema0.properties.service.properties.max_gone_percent,data:data13};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
}
if(data0.history_retention !== undefined){
let data14 = data0.history_retention;
if(typeof data14 === "string"){
if(func2(data14) < 1){
const err33 = {instancePath:instancePath+"/service/history_retention",schemaPath:"#/properties/service/properties/history_retention/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.service.properties.history_retention,data:data14};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
if(!(formats14.validate(data14))){
const err34 = {instancePath:instancePath+"/service/history_retention",schemaPath:"#/properties/service/properties/history_retention/format",keyword:"format",params:{format: "retention"},message:"must match format \""+"retention"+"\"",schema:"retention",parentSchema:schema0.properties.service.properties.history_retention,data:data14};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
}
else {
const err35 = {instancePath:instancePath+"/service/history_retention",schemaPath:"#/properties/service/properties/history_retention/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.service.properties.history_retention.type,parentSchema:schema0.properties.service.properties.history_retention,data:data14};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
}
let data15 = data0.max_gone_files;
if(!(((typeof data15 == "number") && (!(data15 % 1) && !isNaN(data15))) && (isFinite(data15)))){
const err36 = {instancePath:instancePath+"/service/max_gone_files",schemaPath:"#/properties/service/properties/max_gone_files/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema0.properties.service.properties.max_gone_files.type,parentSchema:schema0.properties.service.properties.max_gone_files,data:data15};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
if((typeof data15 == "number") && (isFinite(data15))){
if(data15 > 1000000000 || isNaN(data15)){
const err37 = {instancePath:instancePath+"/service/max_gone_files",schemaPath:"#/properties/service/properties/max_gone_files/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000000},message:"must be <= 1000000000",schema:1000000000,parentSchema:schema0.properties.service.properties.max_gone_files,data:data15};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
if(data15 < 0 || isNaN(data15)){
const err38 = {instancePath:instancePath+"/service/max_gone_files",schemaPath:"#/properties/service/properties/max_gone_files/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema0.properties.service.properties.max_gone_files,data:data15};
if(vErrors === null){
vErrors = [err38];
}
else {
vErrors.push(err38);
}
errors++;
}
}
}
else {
const err39 = {instancePath:instancePath+"/service",schemaPath:"#/properties/service/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema0.properties.service.type,parentSchema:schema0.properties.service,data:data0};
if(vErrors === null){
vErrors = [err39];
}
else {
vErrors.push(err39);
}
errors++;
}
let data16 = data.logging;
if(data16 && typeof data16 == "object" && !Array.isArray(data16)){
if(data16.level === undefined){
data16.level = "INFO";
}
if(data16.format === undefined){
data16.format = "text";
}
if(data16.rotation === undefined){
data16.rotation = "10 MB";
}
if(data16.retention === undefined){
data16.retention = "30 days";
}
for(const key2 in data16){
if(!(((((key2 === "level") || (key2 === "format")) || (key2 === "file")) || (key2 === "rotation")) || (key2 === "retention"))){
const err40 = {instancePath:instancePath+"/logging",schemaPath:"#/properties/logging/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties",schema:false,parentSchema:schema0.properties.logging,data:data16};
if(vErrors === null){
vErrors = [err40];
}
else {
vErrors.push(err40);
}
errors++;
}
}
let data17 = data16.level;
if(typeof data17 === "string"){
if(func2(data17) < 1){
const err41 = {instancePath:instancePath+"/logging/level",schemaPath:"#/properties/logging/properties/level/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.logging.properties.level,data:data17};
if(vErrors === null){
vErrors = [err41];
}
else {
vErrors.push(err41);
}
errors++;
}
if(!pattern0.test(data17)){
const err42 = {instancePath:instancePath+"/logging/level",schemaPath:"#/properties/logging/properties/level/pattern",keyword:"pattern",params:{pattern: "^(?:[Tt][Rr][Aa][Cc][Ee]|[Dd][Ee][Bb][Uu][Gg]|[Ii][Nn][Ff][Oo]|[Ss][Uu][Cc][Cc][Ee][Ss][Ss]|[Ww][Aa][Rr][Nn][Ii][Nn][Gg]|[Ee][Rr][Rr][Oo][Rr]|[Cc][Rr][Ii][Tt][Ii][Cc][Aa][Ll])$"},message:"must match pattern \""+"^(?:[Tt][Rr][Aa][Cc][Ee]|[Dd][Ee][Bb][Uu][Gg]|[Ii][Nn][Ff][Oo]|[Ss][Uu][Cc][Cc][Ee][Ss][Ss]|[Ww][Aa][Rr][Nn][Ii][Nn][Gg]|[Ee][Rr][Rr][Oo][Rr]|[Cc][Rr][Ii][Tt][Ii][Cc][Aa][Ll])$"+"\"",schema:"^(?:[Tt][Rr][Aa][Cc][Ee]|[Dd][Ee][Bb][Uu][Gg]|[Ii][Nn][Ff][Oo]|[Ss][Uu][Cc][Cc][Ee][Ss][Ss]|[Ww][Aa][Rr][Nn][Ii][Nn][Gg]|[Ee][Rr][Rr][Oo][Rr]|[Cc][Rr][Ii][Tt][Ii][Cc][Aa][Ll])$",parentSchema:schema0.properties.logging.properties.level,data:data17};
if(vErrors === null){
vErrors = [err42];
}
else {
vErrors.push(err42);
}
errors++;
}
}
else {
const err43 = {instancePath:instancePath+"/logging/level",schemaPath:"#/properties/logging/properties/level/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.logging.properties.level.type,parentSchema:schema0.properties.logging.properties.level,data:data17};
if(vErrors === null){
vErrors = [err43];
}
else {
vErrors.push(err43);
}
errors++;
}
let data18 = data16.format;
if(typeof data18 !== "string"){
const err44 = {instancePath:instancePath+"/logging/format",schemaPath:"#/properties/logging/properties/format/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.logging.properties.format.type,parentSchema:schema0.properties.logging.properties.format,data:data18};
if(vErrors === null){
vErrors = [err44];
}
else {
vErrors.push(err44);
}
errors++;
}
if(!((data18 === "text") || (data18 === "json"))){
const err45 = {instancePath:instancePath+"/logging/format",schemaPath:"#/properties/logging/properties/format/enum",keyword:"enum",params:{allowedValues: schema0.properties.logging.properties.format.enum},message:"must be equal to one of the allowed values",schema:schema0.properties.logging.properties.format.enum,parentSchema:schema0.properties.logging.properties.format,data:data18};
if(vErrors === null){
vErrors = [err45];
}
else {
vErrors.push(err45);
}
errors++;
}
if(data16.file !== undefined){
let data19 = data16.file;
if(typeof data19 === "string"){
if(func2(data19) < 1){
const err46 = {instancePath:instancePath+"/logging/file",schemaPath:"#/properties/logging/properties/file/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.logging.properties.file,data:data19};
if(vErrors === null){
vErrors = [err46];
}
else {
vErrors.push(err46);
}
errors++;
}
}
else {
const err47 = {instancePath:instancePath+"/logging/file",schemaPath:"#/properties/logging/properties/file/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.logging.properties.file.type,parentSchema:schema0.properties.logging.properties.file,data:data19};
if(vErrors === null){
vErrors = [err47];
}
else {
vErrors.push(err47);
}
errors++;
}
}
let data20 = data16.rotation;
if((typeof data20 !== "string") && (!(((typeof data20 == "number") && (!(data20 % 1) && !isNaN(data20))) && (isFinite(data20))))){
const err48 = {instancePath:instancePath+"/logging/rotation",schemaPath:"#/properties/logging/properties/rotation/type",keyword:"type",params:{type: schema0.properties.logging.properties.rotation.type},message:"must be string,integer",schema:schema0.properties.logging.properties.rotation.type,parentSchema:schema0.properties.logging.properties.rotation,data:data20};
if(vErrors === null){
vErrors = [err48];
}
else {
vErrors.push(err48);
}
errors++;
}
if((typeof data20 == "number") && (isFinite(data20))){
if(data20 < 1 || isNaN(data20)){
const err49 = {instancePath:instancePath+"/logging/rotation",schemaPath:"#/properties/logging/properties/rotation/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema0.properties.logging.properties.rotation,data:data20};
if(vErrors === null){
vErrors = [err49];
}
else {
vErrors.push(err49);
}
errors++;
}
}
if(typeof data20 === "string"){
if(!(formats16.validate(data20))){
const err50 = {instancePath:instancePath+"/logging/rotation",schemaPath:"#/properties/logging/properties/rotation/format",keyword:"format",params:{format: "size"},message:"must match format \""+"size"+"\"",schema:"size",parentSchema:schema0.properties.logging.properties.rotation,data:data20};
if(vErrors === null){
vErrors = [err50];
}
else {
vErrors.push(err50);
}
errors++;
}
}
let data21 = data16.retention;
if(typeof data21 === "string"){
if(func2(data21) < 1){
const err51 = {instancePath:instancePath+"/logging/retention",schemaPath:"#/properties/logging/properties/retention/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.logging.properties.retention,data:data21};
if(vErrors === null){
vErrors = [err51];
}
else {
vErrors.push(err51);
}
errors++;
}
if(!(formats14.validate(data21))){
const err52 = {instancePath:instancePath+"/logging/retention",schemaPath:"#/properties/logging/properties/retention/format",keyword:"format",params:{format: "retention"},message:"must match format \""+"retention"+"\"",schema:"retention",parentSchema:schema0.properties.logging.properties.retention,data:data21};
if(vErrors === null){
vErrors = [err52];
}
else {
vErrors.push(err52);
}
errors++;
}
}
else {
const err53 = {instancePath:instancePath+"/logging/retention",schemaPath:"#/properties/logging/properties/retention/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.logging.properties.retention.type,parentSchema:schema0.properties.logging.properties.retention,data:data21};
if(vErrors === null){
vErrors = [err53];
}
else {
vErrors.push(err53);
}
errors++;
}
}
else {
const err54 = {instancePath:instancePath+"/logging",schemaPath:"#/properties/logging/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema0.properties.logging.type,parentSchema:schema0.properties.logging,data:data16};
if(vErrors === null){
vErrors = [err54];
}
else {
vErrors.push(err54);
}
errors++;
}
let data22 = data.database;
if(data22 && typeof data22 == "object" && !Array.isArray(data22)){
if(data22.echo === undefined){
data22.echo = false;
}
for(const key3 in data22){
if(!(func0.call(schema0.properties.database.properties, key3))){
const err55 = {instancePath:instancePath+"/database",schemaPath:"#/properties/database/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},message:"must NOT have additional properties",schema:false,parentSchema:schema0.properties.database,data:data22};
if(vErrors === null){
vErrors = [err55];
}
else {
vErrors.push(err55);
}
errors++;
}
}
if(data22.drivername !== undefined){
let data23 = data22.drivername;
if(typeof data23 === "string"){
if(func2(data23) < 1){
const err56 = {instancePath:instancePath+"/database/drivername",schemaPath:"#/properties/database/properties/drivername/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.database.properties.drivername,data:data23};
if(vErrors === null){
vErrors = [err56];
}
else {
vErrors.push(err56);
}
errors++;
}
if(!pattern1.test(data23)){
const err57 = {instancePath:instancePath+"/database/drivername",schemaPath:"#/properties/database/properties/drivername/pattern",keyword:"pattern",params:{pattern: "^(?:sqlite|postgresql|mysql|mariadb)(?:\\+[A-Za-z0-9_]+)?$"},message:"must match pattern \""+"^(?:sqlite|postgresql|mysql|mariadb)(?:\\+[A-Za-z0-9_]+)?$"+"\"",schema:"^(?:sqlite|postgresql|mysql|mariadb)(?:\\+[A-Za-z0-9_]+)?$",parentSchema:schema0.properties.database.properties.drivername,data:data23};
if(vErrors === null){
vErrors = [err57];
}
else {
vErrors.push(err57);
}
errors++;
}
}
else {
const err58 = {instancePath:instancePath+"/database/drivername",schemaPath:"#/properties/database/properties/drivername/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.database.properties.drivername.type,parentSchema:schema0.properties.database.properties.drivername,data:data23};
if(vErrors === null){
vErrors = [err58];
}
else {
vErrors.push(err58);
}
errors++;
}
}
if(data22.name !== undefined){
let data24 = data22.name;
if(typeof data24 === "string"){
if(func2(data24) < 1){
const err59 = {instancePath:instancePath+"/database/name",schemaPath:"#/properties/database/properties/name/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.database.properties.name,data:data24};
if(vErrors === null){
vErrors = [err59];
}
else {
vErrors.push(err59);
}
errors++;
}
}
else {
const err60 = {instancePath:instancePath+"/database/name",schemaPath:"#/properties/database/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.database.properties.name.type,parentSchema:schema0.properties.database.properties.name,data:data24};
if(vErrors === null){
vErrors = [err60];
}
else {
vErrors.push(err60);
}
errors++;
}
}
if(data22.host !== undefined){
let data25 = data22.host;
if(typeof data25 === "string"){
if(func2(data25) < 1){
const err61 = {instancePath:instancePath+"/database/host",schemaPath:"#/properties/database/properties/host/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.database.properties.host,data:data25};
if(vErrors === null){
vErrors = [err61];
}
else {
vErrors.push(err61);
}
errors++;
}
}
else {
const err62 = {instancePath:instancePath+"/database/host",schemaPath:"#/properties/database/properties/host/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.database.properties.host.type,parentSchema:schema0.properties.database.properties.host,data:data25};
if(vErrors === null){
vErrors = [err62];
}
else {
vErrors.push(err62);
}
errors++;
}
}
if(data22.port !== undefined){
let data26 = data22.port;
if(!(((typeof data26 == "number") && (!(data26 % 1) && !isNaN(data26))) && (isFinite(data26)))){
const err63 = {instancePath:instancePath+"/database/port",schemaPath:"#/properties/database/properties/port/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema0.properties.database.properties.port.type,parentSchema:schema0.properties.database.properties.port,data:data26};
if(vErrors === null){
vErrors = [err63];
}
else {
vErrors.push(err63);
}
errors++;
}
if((typeof data26 == "number") && (isFinite(data26))){
if(data26 > 65535 || isNaN(data26)){
const err64 = {instancePath:instancePath+"/database/port",schemaPath:"#/properties/database/properties/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535",schema:65535,parentSchema:schema0.properties.database.properties.port,data:data26};
if(vErrors === null){
vErrors = [err64];
}
else {
vErrors.push(err64);
}
errors++;
}
if(data26 < 1 || isNaN(data26)){
const err65 = {instancePath:instancePath+"/database/port",schemaPath:"#/properties/database/properties/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema0.properties.database.properties.port,data:data26};
if(vErrors === null){
vErrors = [err65];
}
else {
vErrors.push(err65);
}
errors++;
}
}
}
if(data22.username !== undefined){
let data27 = data22.username;
if(typeof data27 === "string"){
if(func2(data27) < 1){
const err66 = {instancePath:instancePath+"/database/username",schemaPath:"#/properties/database/properties/username/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.database.properties.username,data:data27};
if(vErrors === null){
vErrors = [err66];
}
else {
vErrors.push(err66);
}
errors++;
}
}
else {
const err67 = {instancePath:instancePath+"/database/username",schemaPath:"#/properties/database/properties/username/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.database.properties.username.type,parentSchema:schema0.properties.database.properties.username,data:data27};
if(vErrors === null){
vErrors = [err67];
}
else {
vErrors.push(err67);
}
errors++;
}
}
if(data22.password !== undefined){
let data28 = data22.password;
if(typeof data28 === "string"){
if(func2(data28) < 1){
const err68 = {instancePath:instancePath+"/database/password",schemaPath:"#/properties/database/properties/password/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.database.properties.password,data:data28};
if(vErrors === null){
vErrors = [err68];
}
else {
vErrors.push(err68);
}
errors++;
}
}
else {
const err69 = {instancePath:instancePath+"/database/password",schemaPath:"#/properties/database/properties/password/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.database.properties.password.type,parentSchema:schema0.properties.database.properties.password,data:data28};
if(vErrors === null){
vErrors = [err69];
}
else {
vErrors.push(err69);
}
errors++;
}
}
if(data22.password_file !== undefined){
let data29 = data22.password_file;
if(typeof data29 === "string"){
if(func2(data29) < 1){
const err70 = {instancePath:instancePath+"/database/password_file",schemaPath:"#/properties/database/properties/password_file/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.database.properties.password_file,data:data29};
if(vErrors === null){
vErrors = [err70];
}
else {
vErrors.push(err70);
}
errors++;
}
}
else {
const err71 = {instancePath:instancePath+"/database/password_file",schemaPath:"#/properties/database/properties/password_file/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.database.properties.password_file.type,parentSchema:schema0.properties.database.properties.password_file,data:data29};
if(vErrors === null){
vErrors = [err71];
}
else {
vErrors.push(err71);
}
errors++;
}
}
if(data22.tls !== undefined){
let data30 = data22.tls;
if(typeof data30 !== "string"){
const err72 = {instancePath:instancePath+"/database/tls",schemaPath:"#/properties/database/properties/tls/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.database.properties.tls.type,parentSchema:schema0.properties.database.properties.tls,data:data30};
if(vErrors === null){
vErrors = [err72];
}
else {
vErrors.push(err72);
}
errors++;
}
if(!(((data30 === "off") || (data30 === "require")) || (data30 === "verify"))){
const err73 = {instancePath:instancePath+"/database/tls",schemaPath:"#/properties/database/properties/tls/enum",keyword:"enum",params:{allowedValues: schema0.properties.database.properties.tls.enum},message:"must be equal to one of the allowed values",schema:schema0.properties.database.properties.tls.enum,parentSchema:schema0.properties.database.properties.tls,data:data30};
if(vErrors === null){
vErrors = [err73];
}
else {
vErrors.push(err73);
}
errors++;
}
}
if(data22.ca_file !== undefined){
let data31 = data22.ca_file;
if(typeof data31 === "string"){
if(func2(data31) < 1){
const err74 = {instancePath:instancePath+"/database/ca_file",schemaPath:"#/properties/database/properties/ca_file/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.database.properties.ca_file,data:data31};
if(vErrors === null){
vErrors = [err74];
}
else {
vErrors.push(err74);
}
errors++;
}
}
else {
const err75 = {instancePath:instancePath+"/database/ca_file",schemaPath:"#/properties/database/properties/ca_file/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.database.properties.ca_file.type,parentSchema:schema0.properties.database.properties.ca_file,data:data31};
if(vErrors === null){
vErrors = [err75];
}
else {
vErrors.push(err75);
}
errors++;
}
}
let data32 = data22.echo;
if(typeof data32 !== "boolean"){
const err76 = {instancePath:instancePath+"/database/echo",schemaPath:"#/properties/database/properties/echo/type",keyword:"type",params:{type: "boolean"},message:"must be boolean",schema:schema0.properties.database.properties.echo.type,parentSchema:schema0.properties.database.properties.echo,data:data32};
if(vErrors === null){
vErrors = [err76];
}
else {
vErrors.push(err76);
}
errors++;
}
}
else {
const err77 = {instancePath:instancePath+"/database",schemaPath:"#/properties/database/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema0.properties.database.type,parentSchema:schema0.properties.database,data:data22};
if(vErrors === null){
vErrors = [err77];
}
else {
vErrors.push(err77);
}
errors++;
}
let data33 = data.plugins;
if(data33 && typeof data33 == "object" && !Array.isArray(data33)){
for(const key4 in data33){
if(!(key4 === "package")){
const err78 = {instancePath:instancePath+"/plugins",schemaPath:"#/properties/plugins/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4},message:"must NOT have additional properties",schema:false,parentSchema:schema0.properties.plugins,data:data33};
if(vErrors === null){
vErrors = [err78];
}
else {
vErrors.push(err78);
}
errors++;
}
}
if(data33.package !== undefined){
let data34 = data33.package;
if(typeof data34 === "string"){
if(func2(data34) < 1){
const err79 = {instancePath:instancePath+"/plugins/package",schemaPath:"#/properties/plugins/properties/package/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.plugins.properties.package,data:data34};
if(vErrors === null){
vErrors = [err79];
}
else {
vErrors.push(err79);
}
errors++;
}
}
else {
const err80 = {instancePath:instancePath+"/plugins/package",schemaPath:"#/properties/plugins/properties/package/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.plugins.properties.package.type,parentSchema:schema0.properties.plugins.properties.package,data:data34};
if(vErrors === null){
vErrors = [err80];
}
else {
vErrors.push(err80);
}
errors++;
}
}
}
else {
const err81 = {instancePath:instancePath+"/plugins",schemaPath:"#/properties/plugins/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema0.properties.plugins.type,parentSchema:schema0.properties.plugins,data:data33};
if(vErrors === null){
vErrors = [err81];
}
else {
vErrors.push(err81);
}
errors++;
}
let data35 = data.rules;
if(data35 && typeof data35 == "object" && !Array.isArray(data35)){
if(data35.file === undefined){
data35.file = "rules.toml";
}
for(const key5 in data35){
if(!(key5 === "file")){
const err82 = {instancePath:instancePath+"/rules",schemaPath:"#/properties/rules/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key5},message:"must NOT have additional properties",schema:false,parentSchema:schema0.properties.rules,data:data35};
if(vErrors === null){
vErrors = [err82];
}
else {
vErrors.push(err82);
}
errors++;
}
}
let data36 = data35.file;
if(typeof data36 === "string"){
if(func2(data36) < 1){
const err83 = {instancePath:instancePath+"/rules/file",schemaPath:"#/properties/rules/properties/file/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.rules.properties.file,data:data36};
if(vErrors === null){
vErrors = [err83];
}
else {
vErrors.push(err83);
}
errors++;
}
}
else {
const err84 = {instancePath:instancePath+"/rules/file",schemaPath:"#/properties/rules/properties/file/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.rules.properties.file.type,parentSchema:schema0.properties.rules.properties.file,data:data36};
if(vErrors === null){
vErrors = [err84];
}
else {
vErrors.push(err84);
}
errors++;
}
}
else {
const err85 = {instancePath:instancePath+"/rules",schemaPath:"#/properties/rules/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema0.properties.rules.type,parentSchema:schema0.properties.rules,data:data35};
if(vErrors === null){
vErrors = [err85];
}
else {
vErrors.push(err85);
}
errors++;
}
let data37 = data.watch;
if(Array.isArray(data37)){
const len0 = data37.length;
for(let i0=0; i0<len0; i0++){
let data38 = data37[i0];
if(data38 && typeof data38 == "object" && !Array.isArray(data38)){
if(data38.recursive === undefined){
data38.recursive = false;
}
if(data38.patterns === undefined){
data38.patterns = [];
}
if(data38.ignore_patterns === undefined){
data38.ignore_patterns = ["*.tmp",".*"];
}
if(data38.settle_seconds === undefined){
data38.settle_seconds = 2;
}
if(data38.follow_symlinks === undefined){
data38.follow_symlinks = false;
}
if(data38.on_redelivery === undefined){
data38.on_redelivery = "archive";
}
if(data38.name === undefined){
const err86 = {instancePath:instancePath+"/watch/" + i0,schemaPath:"#/properties/watch/items/required",keyword:"required",params:{missingProperty: "name"},message:"must have required property '"+"name"+"'",schema:schema0.properties.watch.items.required,parentSchema:schema0.properties.watch.items,data:data38};
if(vErrors === null){
vErrors = [err86];
}
else {
vErrors.push(err86);
}
errors++;
}
if(data38.path === undefined){
const err87 = {instancePath:instancePath+"/watch/" + i0,schemaPath:"#/properties/watch/items/required",keyword:"required",params:{missingProperty: "path"},message:"must have required property '"+"path"+"'",schema:schema0.properties.watch.items.required,parentSchema:schema0.properties.watch.items,data:data38};
if(vErrors === null){
vErrors = [err87];
}
else {
vErrors.push(err87);
}
errors++;
}
if(data38.rules === undefined){
const err88 = {instancePath:instancePath+"/watch/" + i0,schemaPath:"#/properties/watch/items/required",keyword:"required",params:{missingProperty: "rules"},message:"must have required property '"+"rules"+"'",schema:schema0.properties.watch.items.required,parentSchema:schema0.properties.watch.items,data:data38};
if(vErrors === null){
vErrors = [err88];
}
else {
vErrors.push(err88);
}
errors++;
}
for(const key6 in data38){
if(!(func0.call(schema0.properties.watch.items.properties, key6))){
const err89 = {instancePath:instancePath+"/watch/" + i0,schemaPath:"#/properties/watch/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key6},message:"must NOT have additional properties",schema:false,parentSchema:schema0.properties.watch.items,data:data38};
if(vErrors === null){
vErrors = [err89];
}
else {
vErrors.push(err89);
}
errors++;
}
}
if(data38.name !== undefined){
let data39 = data38.name;
if(typeof data39 === "string"){
if(func2(data39) > 255){
const err90 = {instancePath:instancePath+"/watch/" + i0+"/name",schemaPath:"#/properties/watch/items/properties/name/maxLength",keyword:"maxLength",params:{limit: 255},message:"must NOT have more than 255 characters",schema:255,parentSchema:schema0.properties.watch.items.properties.name,data:data39};
if(vErrors === null){
vErrors = [err90];
}
else {
vErrors.push(err90);
}
errors++;
}
if(func2(data39) < 1){
const err91 = {instancePath:instancePath+"/watch/" + i0+"/name",schemaPath:"#/properties/watch/items/properties/name/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.watch.items.properties.name,data:data39};
if(vErrors === null){
vErrors = [err91];
}
else {
vErrors.push(err91);
}
errors++;
}
}
else {
const err92 = {instancePath:instancePath+"/watch/" + i0+"/name",schemaPath:"#/properties/watch/items/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.watch.items.properties.name.type,parentSchema:schema0.properties.watch.items.properties.name,data:data39};
if(vErrors === null){
vErrors = [err92];
}
else {
vErrors.push(err92);
}
errors++;
}
}
if(data38.path !== undefined){
let data40 = data38.path;
if(typeof data40 === "string"){
if(func2(data40) < 1){
const err93 = {instancePath:instancePath+"/watch/" + i0+"/path",schemaPath:"#/properties/watch/items/properties/path/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.watch.items.properties.path,data:data40};
if(vErrors === null){
vErrors = [err93];
}
else {
vErrors.push(err93);
}
errors++;
}
}
else {
const err94 = {instancePath:instancePath+"/watch/" + i0+"/path",schemaPath:"#/properties/watch/items/properties/path/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.watch.items.properties.path.type,parentSchema:schema0.properties.watch.items.properties.path,data:data40};
if(vErrors === null){
vErrors = [err94];
}
else {
vErrors.push(err94);
}
errors++;
}
}
if(data38.rules !== undefined){
let data41 = data38.rules;
if(typeof data41 === "string"){
if(func2(data41) < 1){
const err95 = {instancePath:instancePath+"/watch/" + i0+"/rules",schemaPath:"#/properties/watch/items/properties/rules/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.watch.items.properties.rules,data:data41};
if(vErrors === null){
vErrors = [err95];
}
else {
vErrors.push(err95);
}
errors++;
}
}
else {
const err96 = {instancePath:instancePath+"/watch/" + i0+"/rules",schemaPath:"#/properties/watch/items/properties/rules/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.watch.items.properties.rules.type,parentSchema:schema0.properties.watch.items.properties.rules,data:data41};
if(vErrors === null){
vErrors = [err96];
}
else {
vErrors.push(err96);
}
errors++;
}
}
if(data38.type !== undefined){
let data42 = data38.type;
if(typeof data42 === "string"){
if(func2(data42) > 255){
const err97 = {instancePath:instancePath+"/watch/" + i0+"/type",schemaPath:"#/properties/watch/items/properties/type/maxLength",keyword:"maxLength",params:{limit: 255},message:"must NOT have more than 255 characters",schema:255,parentSchema:schema0.properties.watch.items.properties.type,data:data42};
if(vErrors === null){
vErrors = [err97];
}
else {
vErrors.push(err97);
}
errors++;
}
if(func2(data42) < 1){
const err98 = {instancePath:instancePath+"/watch/" + i0+"/type",schemaPath:"#/properties/watch/items/properties/type/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.watch.items.properties.type,data:data42};
if(vErrors === null){
vErrors = [err98];
}
else {
vErrors.push(err98);
}
errors++;
}
}
else {
const err99 = {instancePath:instancePath+"/watch/" + i0+"/type",schemaPath:"#/properties/watch/items/properties/type/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.watch.items.properties.type.type,parentSchema:schema0.properties.watch.items.properties.type,data:data42};
if(vErrors === null){
vErrors = [err99];
}
else {
vErrors.push(err99);
}
errors++;
}
}
let data43 = data38.recursive;
if(typeof data43 !== "boolean"){
const err100 = {instancePath:instancePath+"/watch/" + i0+"/recursive",schemaPath:"#/properties/watch/items/properties/recursive/type",keyword:"type",params:{type: "boolean"},message:"must be boolean",schema:schema0.properties.watch.items.properties.recursive.type,parentSchema:schema0.properties.watch.items.properties.recursive,data:data43};
if(vErrors === null){
vErrors = [err100];
}
else {
vErrors.push(err100);
}
errors++;
}
let data44 = data38.patterns;
if(Array.isArray(data44)){
const len1 = data44.length;
for(let i1=0; i1<len1; i1++){
let data45 = data44[i1];
if(typeof data45 === "string"){
if(func2(data45) < 1){
const err101 = {instancePath:instancePath+"/watch/" + i0+"/patterns/" + i1,schemaPath:"#/properties/watch/items/properties/patterns/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.watch.items.properties.patterns.items,data:data45};
if(vErrors === null){
vErrors = [err101];
}
else {
vErrors.push(err101);
}
errors++;
}
}
else {
const err102 = {instancePath:instancePath+"/watch/" + i0+"/patterns/" + i1,schemaPath:"#/properties/watch/items/properties/patterns/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.watch.items.properties.patterns.items.type,parentSchema:schema0.properties.watch.items.properties.patterns.items,data:data45};
if(vErrors === null){
vErrors = [err102];
}
else {
vErrors.push(err102);
}
errors++;
}
}
}
else {
const err103 = {instancePath:instancePath+"/watch/" + i0+"/patterns",schemaPath:"#/properties/watch/items/properties/patterns/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema0.properties.watch.items.properties.patterns.type,parentSchema:schema0.properties.watch.items.properties.patterns,data:data44};
if(vErrors === null){
vErrors = [err103];
}
else {
vErrors.push(err103);
}
errors++;
}
let data46 = data38.ignore_patterns;
if(Array.isArray(data46)){
const len2 = data46.length;
for(let i2=0; i2<len2; i2++){
let data47 = data46[i2];
if(typeof data47 === "string"){
if(func2(data47) < 1){
const err104 = {instancePath:instancePath+"/watch/" + i0+"/ignore_patterns/" + i2,schemaPath:"#/properties/watch/items/properties/ignore_patterns/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.watch.items.properties.ignore_patterns.items,data:data47};
if(vErrors === null){
vErrors = [err104];
}
else {
vErrors.push(err104);
}
errors++;
}
}
else {
const err105 = {instancePath:instancePath+"/watch/" + i0+"/ignore_patterns/" + i2,schemaPath:"#/properties/watch/items/properties/ignore_patterns/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.watch.items.properties.ignore_patterns.items.type,parentSchema:schema0.properties.watch.items.properties.ignore_patterns.items,data:data47};
if(vErrors === null){
vErrors = [err105];
}
else {
vErrors.push(err105);
}
errors++;
}
}
}
else {
const err106 = {instancePath:instancePath+"/watch/" + i0+"/ignore_patterns",schemaPath:"#/properties/watch/items/properties/ignore_patterns/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema0.properties.watch.items.properties.ignore_patterns.type,parentSchema:schema0.properties.watch.items.properties.ignore_patterns,data:data46};
if(vErrors === null){
vErrors = [err106];
}
else {
vErrors.push(err106);
}
errors++;
}
let data48 = data38.settle_seconds;
if((typeof data48 == "number") && (isFinite(data48))){
if(data48 > 31536000 || isNaN(data48)){
const err107 = {instancePath:instancePath+"/watch/" + i0+"/settle_seconds",schemaPath:"#/properties/watch/items/properties/settle_seconds/maximum",keyword:"maximum",params:{comparison: "<=", limit: 31536000},message:"must be <= 31536000",schema:31536000,parentSchema:schema0.properties.watch.items.properties.settle_seconds,data:data48};
if(vErrors === null){
vErrors = [err107];
}
else {
vErrors.push(err107);
}
errors++;
}
if(data48 <= 0 || isNaN(data48)){
const err108 = {instancePath:instancePath+"/watch/" + i0+"/settle_seconds",schemaPath:"#/properties/watch/items/properties/settle_seconds/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0},message:"must be > 0",schema:0,parentSchema:schema0.properties.watch.items.properties.settle_seconds,data:data48};
if(vErrors === null){
vErrors = [err108];
}
else {
vErrors.push(err108);
}
errors++;
}
}
else {
const err109 = {instancePath:instancePath+"/watch/" + i0+"/settle_seconds",schemaPath:"#/properties/watch/items/properties/settle_seconds/type",keyword:"type",params:{type: "number"},message:"must be number",schema:schema0.properties.watch.items.properties.settle_seconds.type,parentSchema:schema0.properties.watch.items.properties.settle_seconds,data:data48};
if(vErrors === null){
vErrors = [err109];
}
else {
vErrors.push(err109);
}
errors++;
}
if(data38.archive !== undefined){
let data49 = data38.archive;
if(typeof data49 === "string"){
if(func2(data49) < 1){
const err110 = {instancePath:instancePath+"/watch/" + i0+"/archive",schemaPath:"#/properties/watch/items/properties/archive/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.watch.items.properties.archive,data:data49};
if(vErrors === null){
vErrors = [err110];
}
else {
vErrors.push(err110);
}
errors++;
}
}
else {
const err111 = {instancePath:instancePath+"/watch/" + i0+"/archive",schemaPath:"#/properties/watch/items/properties/archive/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.watch.items.properties.archive.type,parentSchema:schema0.properties.watch.items.properties.archive,data:data49};
if(vErrors === null){
vErrors = [err111];
}
else {
vErrors.push(err111);
}
errors++;
}
}
let data50 = data38.follow_symlinks;
if(typeof data50 !== "boolean"){
const err112 = {instancePath:instancePath+"/watch/" + i0+"/follow_symlinks",schemaPath:"#/properties/watch/items/properties/follow_symlinks/type",keyword:"type",params:{type: "boolean"},message:"must be boolean",schema:schema0.properties.watch.items.properties.follow_symlinks.type,parentSchema:schema0.properties.watch.items.properties.follow_symlinks,data:data50};
if(vErrors === null){
vErrors = [err112];
}
else {
vErrors.push(err112);
}
errors++;
}
let data51 = data38.on_redelivery;
if(typeof data51 !== "string"){
const err113 = {instancePath:instancePath+"/watch/" + i0+"/on_redelivery",schemaPath:"#/properties/watch/items/properties/on_redelivery/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.watch.items.properties.on_redelivery.type,parentSchema:schema0.properties.watch.items.properties.on_redelivery,data:data51};
if(vErrors === null){
vErrors = [err113];
}
else {
vErrors.push(err113);
}
errors++;
}
if(!((data51 === "archive") || (data51 === "ignore"))){
const err114 = {instancePath:instancePath+"/watch/" + i0+"/on_redelivery",schemaPath:"#/properties/watch/items/properties/on_redelivery/enum",keyword:"enum",params:{allowedValues: schema0.properties.watch.items.properties.on_redelivery.enum},message:"must be equal to one of the allowed values",schema:schema0.properties.watch.items.properties.on_redelivery.enum,parentSchema:schema0.properties.watch.items.properties.on_redelivery,data:data51};
if(vErrors === null){
vErrors = [err114];
}
else {
vErrors.push(err114);
}
errors++;
}
}
else {
const err115 = {instancePath:instancePath+"/watch/" + i0,schemaPath:"#/properties/watch/items/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema0.properties.watch.items.type,parentSchema:schema0.properties.watch.items,data:data38};
if(vErrors === null){
vErrors = [err115];
}
else {
vErrors.push(err115);
}
errors++;
}
}
}
else {
const err116 = {instancePath:instancePath+"/watch",schemaPath:"#/properties/watch/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema0.properties.watch.type,parentSchema:schema0.properties.watch,data:data37};
if(vErrors === null){
vErrors = [err116];
}
else {
vErrors.push(err116);
}
errors++;
}
let data52 = data.archive;
if(Array.isArray(data52)){
const len3 = data52.length;
for(let i3=0; i3<len3; i3++){
let data53 = data52[i3];
if(data53 && typeof data53 == "object" && !Array.isArray(data53)){
if(data53.action === undefined){
data53.action = "copy";
}
if(data53.create_directories === undefined){
data53.create_directories = true;
}
if(data53.file_mode === undefined){
data53.file_mode = 416;
}
if(data53.dir_mode === undefined){
data53.dir_mode = 488;
}
if(data53.on_conflict === undefined){
data53.on_conflict = "keep_both";
}
if(data53.verify === undefined){
data53.verify = "checksum";
}
if(data53.durable === undefined){
data53.durable = true;
}
if(data53.name === undefined){
const err117 = {instancePath:instancePath+"/archive/" + i3,schemaPath:"#/properties/archive/items/required",keyword:"required",params:{missingProperty: "name"},message:"must have required property '"+"name"+"'",schema:schema0.properties.archive.items.required,parentSchema:schema0.properties.archive.items,data:data53};
if(vErrors === null){
vErrors = [err117];
}
else {
vErrors.push(err117);
}
errors++;
}
if(data53.destination === undefined){
const err118 = {instancePath:instancePath+"/archive/" + i3,schemaPath:"#/properties/archive/items/required",keyword:"required",params:{missingProperty: "destination"},message:"must have required property '"+"destination"+"'",schema:schema0.properties.archive.items.required,parentSchema:schema0.properties.archive.items,data:data53};
if(vErrors === null){
vErrors = [err118];
}
else {
vErrors.push(err118);
}
errors++;
}
for(const key7 in data53){
if(!(func0.call(schema0.properties.archive.items.properties, key7))){
const err119 = {instancePath:instancePath+"/archive/" + i3,schemaPath:"#/properties/archive/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key7},message:"must NOT have additional properties",schema:false,parentSchema:schema0.properties.archive.items,data:data53};
if(vErrors === null){
vErrors = [err119];
}
else {
vErrors.push(err119);
}
errors++;
}
}
if(data53.name !== undefined){
let data54 = data53.name;
if(typeof data54 === "string"){
if(func2(data54) < 1){
const err120 = {instancePath:instancePath+"/archive/" + i3+"/name",schemaPath:"#/properties/archive/items/properties/name/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.archive.items.properties.name,data:data54};
if(vErrors === null){
vErrors = [err120];
}
else {
vErrors.push(err120);
}
errors++;
}
}
else {
const err121 = {instancePath:instancePath+"/archive/" + i3+"/name",schemaPath:"#/properties/archive/items/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.archive.items.properties.name.type,parentSchema:schema0.properties.archive.items.properties.name,data:data54};
if(vErrors === null){
vErrors = [err121];
}
else {
vErrors.push(err121);
}
errors++;
}
}
if(data53.destination !== undefined){
let data55 = data53.destination;
if(typeof data55 === "string"){
if(func2(data55) < 1){
const err122 = {instancePath:instancePath+"/archive/" + i3+"/destination",schemaPath:"#/properties/archive/items/properties/destination/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.archive.items.properties.destination,data:data55};
if(vErrors === null){
vErrors = [err122];
}
else {
vErrors.push(err122);
}
errors++;
}
}
else {
const err123 = {instancePath:instancePath+"/archive/" + i3+"/destination",schemaPath:"#/properties/archive/items/properties/destination/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.archive.items.properties.destination.type,parentSchema:schema0.properties.archive.items.properties.destination,data:data55};
if(vErrors === null){
vErrors = [err123];
}
else {
vErrors.push(err123);
}
errors++;
}
}
if(data53.base_path !== undefined){
let data56 = data53.base_path;
if(typeof data56 === "string"){
if(func2(data56) < 1){
const err124 = {instancePath:instancePath+"/archive/" + i3+"/base_path",schemaPath:"#/properties/archive/items/properties/base_path/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.archive.items.properties.base_path,data:data56};
if(vErrors === null){
vErrors = [err124];
}
else {
vErrors.push(err124);
}
errors++;
}
}
else {
const err125 = {instancePath:instancePath+"/archive/" + i3+"/base_path",schemaPath:"#/properties/archive/items/properties/base_path/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.archive.items.properties.base_path.type,parentSchema:schema0.properties.archive.items.properties.base_path,data:data56};
if(vErrors === null){
vErrors = [err125];
}
else {
vErrors.push(err125);
}
errors++;
}
}
let data57 = data53.action;
if(typeof data57 !== "string"){
const err126 = {instancePath:instancePath+"/archive/" + i3+"/action",schemaPath:"#/properties/archive/items/properties/action/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.archive.items.properties.action.type,parentSchema:schema0.properties.archive.items.properties.action,data:data57};
if(vErrors === null){
vErrors = [err126];
}
else {
vErrors.push(err126);
}
errors++;
}
if(!((((data57 === "copy") || (data57 === "move")) || (data57 === "hardlink")) || (data57 === "symlink"))){
const err127 = {instancePath:instancePath+"/archive/" + i3+"/action",schemaPath:"#/properties/archive/items/properties/action/enum",keyword:"enum",params:{allowedValues: schema0.properties.archive.items.properties.action.enum},message:"must be equal to one of the allowed values",schema:schema0.properties.archive.items.properties.action.enum,parentSchema:schema0.properties.archive.items.properties.action,data:data57};
if(vErrors === null){
vErrors = [err127];
}
else {
vErrors.push(err127);
}
errors++;
}
let data58 = data53.create_directories;
if(typeof data58 !== "boolean"){
const err128 = {instancePath:instancePath+"/archive/" + i3+"/create_directories",schemaPath:"#/properties/archive/items/properties/create_directories/type",keyword:"type",params:{type: "boolean"},message:"must be boolean",schema:schema0.properties.archive.items.properties.create_directories.type,parentSchema:schema0.properties.archive.items.properties.create_directories,data:data58};
if(vErrors === null){
vErrors = [err128];
}
else {
vErrors.push(err128);
}
errors++;
}
let data59 = data53.file_mode;
if(!((((((((((((((((((((((((((((data59 === 384) || (data59 === 416)) || (data59 === 420)) || (data59 === 432)) || (data59 === 438)) || (data59 === 288)) || (data59 === 292)) || (data59 === "600")) || (data59 === "0600")) || (data59 === "0o600")) || (data59 === "640")) || (data59 === "0640")) || (data59 === "0o640")) || (data59 === "644")) || (data59 === "0644")) || (data59 === "0o644")) || (data59 === "660")) || (data59 === "0660")) || (data59 === "0o660")) || (data59 === "666")) || (data59 === "0666")) || (data59 === "0o666")) || (data59 === "440")) || (data59 === "0440")) || (data59 === "0o440")) || (data59 === "444")) || (data59 === "0444")) || (data59 === "0o444"))){
const err129 = {instancePath:instancePath+"/archive/" + i3+"/file_mode",schemaPath:"#/properties/archive/items/properties/file_mode/enum",keyword:"enum",params:{allowedValues: schema0.properties.archive.items.properties.file_mode.enum},message:"must be equal to one of the allowed values",schema:schema0.properties.archive.items.properties.file_mode.enum,parentSchema:schema0.properties.archive.items.properties.file_mode,data:data59};
if(vErrors === null){
vErrors = [err129];
}
else {
vErrors.push(err129);
}
errors++;
}
let data60 = data53.dir_mode;
if(!((((((((((((((((((((data60 === 448) || (data60 === 488)) || (data60 === 493)) || (data60 === 504)) || (data60 === 511)) || (data60 === "700")) || (data60 === "0700")) || (data60 === "0o700")) || (data60 === "750")) || (data60 === "0750")) || (data60 === "0o750")) || (data60 === "755")) || (data60 === "0755")) || (data60 === "0o755")) || (data60 === "770")) || (data60 === "0770")) || (data60 === "0o770")) || (data60 === "777")) || (data60 === "0777")) || (data60 === "0o777"))){
const err130 = {instancePath:instancePath+"/archive/" + i3+"/dir_mode",schemaPath:"#/properties/archive/items/properties/dir_mode/enum",keyword:"enum",params:{allowedValues: schema0.properties.archive.items.properties.dir_mode.enum},message:"must be equal to one of the allowed values",schema:schema0.properties.archive.items.properties.dir_mode.enum,parentSchema:schema0.properties.archive.items.properties.dir_mode,data:data60};
if(vErrors === null){
vErrors = [err130];
}
else {
vErrors.push(err130);
}
errors++;
}
let data61 = data53.on_conflict;
if(typeof data61 !== "string"){
const err131 = {instancePath:instancePath+"/archive/" + i3+"/on_conflict",schemaPath:"#/properties/archive/items/properties/on_conflict/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.archive.items.properties.on_conflict.type,parentSchema:schema0.properties.archive.items.properties.on_conflict,data:data61};
if(vErrors === null){
vErrors = [err131];
}
else {
vErrors.push(err131);
}
errors++;
}
if(!(((data61 === "keep_both") || (data61 === "replace")) || (data61 === "fail"))){
const err132 = {instancePath:instancePath+"/archive/" + i3+"/on_conflict",schemaPath:"#/properties/archive/items/properties/on_conflict/enum",keyword:"enum",params:{allowedValues: schema0.properties.archive.items.properties.on_conflict.enum},message:"must be equal to one of the allowed values",schema:schema0.properties.archive.items.properties.on_conflict.enum,parentSchema:schema0.properties.archive.items.properties.on_conflict,data:data61};
if(vErrors === null){
vErrors = [err132];
}
else {
vErrors.push(err132);
}
errors++;
}
let data62 = data53.verify;
if(typeof data62 !== "string"){
const err133 = {instancePath:instancePath+"/archive/" + i3+"/verify",schemaPath:"#/properties/archive/items/properties/verify/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.archive.items.properties.verify.type,parentSchema:schema0.properties.archive.items.properties.verify,data:data62};
if(vErrors === null){
vErrors = [err133];
}
else {
vErrors.push(err133);
}
errors++;
}
if(!((data62 === "checksum") || (data62 === "size"))){
const err134 = {instancePath:instancePath+"/archive/" + i3+"/verify",schemaPath:"#/properties/archive/items/properties/verify/enum",keyword:"enum",params:{allowedValues: schema0.properties.archive.items.properties.verify.enum},message:"must be equal to one of the allowed values",schema:schema0.properties.archive.items.properties.verify.enum,parentSchema:schema0.properties.archive.items.properties.verify,data:data62};
if(vErrors === null){
vErrors = [err134];
}
else {
vErrors.push(err134);
}
errors++;
}
let data63 = data53.durable;
if(typeof data63 !== "boolean"){
const err135 = {instancePath:instancePath+"/archive/" + i3+"/durable",schemaPath:"#/properties/archive/items/properties/durable/type",keyword:"type",params:{type: "boolean"},message:"must be boolean",schema:schema0.properties.archive.items.properties.durable.type,parentSchema:schema0.properties.archive.items.properties.durable,data:data63};
if(vErrors === null){
vErrors = [err135];
}
else {
vErrors.push(err135);
}
errors++;
}
}
else {
const err136 = {instancePath:instancePath+"/archive/" + i3,schemaPath:"#/properties/archive/items/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema0.properties.archive.items.type,parentSchema:schema0.properties.archive.items,data:data53};
if(vErrors === null){
vErrors = [err136];
}
else {
vErrors.push(err136);
}
errors++;
}
}
}
else {
const err137 = {instancePath:instancePath+"/archive",schemaPath:"#/properties/archive/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema0.properties.archive.type,parentSchema:schema0.properties.archive,data:data52};
if(vErrors === null){
vErrors = [err137];
}
else {
vErrors.push(err137);
}
errors++;
}
let data64 = data.http;
if(data64 && typeof data64 == "object" && !Array.isArray(data64)){
for(const key8 in data64){
if(!((key8 === "listen") || (key8 === "token_file"))){
const err138 = {instancePath:instancePath+"/http",schemaPath:"#/properties/http/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key8},message:"must NOT have additional properties",schema:false,parentSchema:schema0.properties.http,data:data64};
if(vErrors === null){
vErrors = [err138];
}
else {
vErrors.push(err138);
}
errors++;
}
}
if(data64.listen !== undefined){
let data65 = data64.listen;
if(typeof data65 === "string"){
if(func2(data65) < 1){
const err139 = {instancePath:instancePath+"/http/listen",schemaPath:"#/properties/http/properties/listen/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.http.properties.listen,data:data65};
if(vErrors === null){
vErrors = [err139];
}
else {
vErrors.push(err139);
}
errors++;
}
if(!pattern2.test(data65)){
const err140 = {instancePath:instancePath+"/http/listen",schemaPath:"#/properties/http/properties/listen/pattern",keyword:"pattern",params:{pattern: "^(?:\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]+):\\d{1,5}$"},message:"must match pattern \""+"^(?:\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]+):\\d{1,5}$"+"\"",schema:"^(?:\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]+):\\d{1,5}$",parentSchema:schema0.properties.http.properties.listen,data:data65};
if(vErrors === null){
vErrors = [err140];
}
else {
vErrors.push(err140);
}
errors++;
}
}
else {
const err141 = {instancePath:instancePath+"/http/listen",schemaPath:"#/properties/http/properties/listen/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.http.properties.listen.type,parentSchema:schema0.properties.http.properties.listen,data:data65};
if(vErrors === null){
vErrors = [err141];
}
else {
vErrors.push(err141);
}
errors++;
}
}
if(data64.token_file !== undefined){
let data66 = data64.token_file;
if(typeof data66 === "string"){
if(func2(data66) < 1){
const err142 = {instancePath:instancePath+"/http/token_file",schemaPath:"#/properties/http/properties/token_file/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.http.properties.token_file,data:data66};
if(vErrors === null){
vErrors = [err142];
}
else {
vErrors.push(err142);
}
errors++;
}
}
else {
const err143 = {instancePath:instancePath+"/http/token_file",schemaPath:"#/properties/http/properties/token_file/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.http.properties.token_file.type,parentSchema:schema0.properties.http.properties.token_file,data:data66};
if(vErrors === null){
vErrors = [err143];
}
else {
vErrors.push(err143);
}
errors++;
}
}
}
else {
const err144 = {instancePath:instancePath+"/http",schemaPath:"#/properties/http/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema0.properties.http.type,parentSchema:schema0.properties.http,data:data64};
if(vErrors === null){
vErrors = [err144];
}
else {
vErrors.push(err144);
}
errors++;
}
let data67 = data.notify;
if(Array.isArray(data67)){
const len4 = data67.length;
for(let i4=0; i4<len4; i4++){
let data68 = data67[i4];
if(data68 && typeof data68 == "object" && !Array.isArray(data68)){
if(data68.timeout === undefined){
data68.timeout = "30s";
}
if(data68.on === undefined){
const err145 = {instancePath:instancePath+"/notify/" + i4,schemaPath:"#/properties/notify/items/required",keyword:"required",params:{missingProperty: "on"},message:"must have required property '"+"on"+"'",schema:schema0.properties.notify.items.required,parentSchema:schema0.properties.notify.items,data:data68};
if(vErrors === null){
vErrors = [err145];
}
else {
vErrors.push(err145);
}
errors++;
}
for(const key9 in data68){
if(!(((((((key9 === "name") || (key9 === "on")) || (key9 === "command")) || (key9 === "url")) || (key9 === "token_file")) || (key9 === "watch")) || (key9 === "timeout"))){
const err146 = {instancePath:instancePath+"/notify/" + i4,schemaPath:"#/properties/notify/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key9},message:"must NOT have additional properties",schema:false,parentSchema:schema0.properties.notify.items,data:data68};
if(vErrors === null){
vErrors = [err146];
}
else {
vErrors.push(err146);
}
errors++;
}
}
if(data68.name !== undefined){
let data69 = data68.name;
if(typeof data69 === "string"){
if(func2(data69) > 64){
const err147 = {instancePath:instancePath+"/notify/" + i4+"/name",schemaPath:"#/properties/notify/items/properties/name/maxLength",keyword:"maxLength",params:{limit: 64},message:"must NOT have more than 64 characters",schema:64,parentSchema:schema0.properties.notify.items.properties.name,data:data69};
if(vErrors === null){
vErrors = [err147];
}
else {
vErrors.push(err147);
}
errors++;
}
if(func2(data69) < 1){
const err148 = {instancePath:instancePath+"/notify/" + i4+"/name",schemaPath:"#/properties/notify/items/properties/name/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.notify.items.properties.name,data:data69};
if(vErrors === null){
vErrors = [err148];
}
else {
vErrors.push(err148);
}
errors++;
}
}
else {
const err149 = {instancePath:instancePath+"/notify/" + i4+"/name",schemaPath:"#/properties/notify/items/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.notify.items.properties.name.type,parentSchema:schema0.properties.notify.items.properties.name,data:data69};
if(vErrors === null){
vErrors = [err149];
}
else {
vErrors.push(err149);
}
errors++;
}
}
if(data68.on !== undefined){
let data70 = data68.on;
if(Array.isArray(data70)){
if(data70.length < 1){
const err150 = {instancePath:instancePath+"/notify/" + i4+"/on",schemaPath:"#/properties/notify/items/properties/on/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items",schema:1,parentSchema:schema0.properties.notify.items.properties.on,data:data70};
if(vErrors === null){
vErrors = [err150];
}
else {
vErrors.push(err150);
}
errors++;
}
const len5 = data70.length;
for(let i5=0; i5<len5; i5++){
let data71 = data70[i5];
if(typeof data71 !== "string"){
const err151 = {instancePath:instancePath+"/notify/" + i4+"/on/" + i5,schemaPath:"#/properties/notify/items/properties/on/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.notify.items.properties.on.items.type,parentSchema:schema0.properties.notify.items.properties.on.items,data:data71};
if(vErrors === null){
vErrors = [err151];
}
else {
vErrors.push(err151);
}
errors++;
}
if(!((((data71 === "archived") || (data71 === "failed")) || (data71 === "timed_out")) || (data71 === "watch_lost"))){
const err152 = {instancePath:instancePath+"/notify/" + i4+"/on/" + i5,schemaPath:"#/properties/notify/items/properties/on/items/enum",keyword:"enum",params:{allowedValues: schema0.properties.notify.items.properties.on.items.enum},message:"must be equal to one of the allowed values",schema:schema0.properties.notify.items.properties.on.items.enum,parentSchema:schema0.properties.notify.items.properties.on.items,data:data71};
if(vErrors === null){
vErrors = [err152];
}
else {
vErrors.push(err152);
}
errors++;
}
}
}
else {
const err153 = {instancePath:instancePath+"/notify/" + i4+"/on",schemaPath:"#/properties/notify/items/properties/on/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema0.properties.notify.items.properties.on.type,parentSchema:schema0.properties.notify.items.properties.on,data:data70};
if(vErrors === null){
vErrors = [err153];
}
else {
vErrors.push(err153);
}
errors++;
}
}
if(data68.command !== undefined){
let data72 = data68.command;
if(Array.isArray(data72)){
if(data72.length < 1){
const err154 = {instancePath:instancePath+"/notify/" + i4+"/command",schemaPath:"#/properties/notify/items/properties/command/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items",schema:1,parentSchema:schema0.properties.notify.items.properties.command,data:data72};
if(vErrors === null){
vErrors = [err154];
}
else {
vErrors.push(err154);
}
errors++;
}
const len6 = data72.length;
for(let i6=0; i6<len6; i6++){
let data73 = data72[i6];
if(typeof data73 === "string"){
if(func2(data73) < 1){
const err155 = {instancePath:instancePath+"/notify/" + i4+"/command/" + i6,schemaPath:"#/properties/notify/items/properties/command/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.notify.items.properties.command.items,data:data73};
if(vErrors === null){
vErrors = [err155];
}
else {
vErrors.push(err155);
}
errors++;
}
}
else {
const err156 = {instancePath:instancePath+"/notify/" + i4+"/command/" + i6,schemaPath:"#/properties/notify/items/properties/command/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.notify.items.properties.command.items.type,parentSchema:schema0.properties.notify.items.properties.command.items,data:data73};
if(vErrors === null){
vErrors = [err156];
}
else {
vErrors.push(err156);
}
errors++;
}
}
}
else {
const err157 = {instancePath:instancePath+"/notify/" + i4+"/command",schemaPath:"#/properties/notify/items/properties/command/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema0.properties.notify.items.properties.command.type,parentSchema:schema0.properties.notify.items.properties.command,data:data72};
if(vErrors === null){
vErrors = [err157];
}
else {
vErrors.push(err157);
}
errors++;
}
}
if(data68.url !== undefined){
let data74 = data68.url;
if(typeof data74 === "string"){
if(func2(data74) < 1){
const err158 = {instancePath:instancePath+"/notify/" + i4+"/url",schemaPath:"#/properties/notify/items/properties/url/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.notify.items.properties.url,data:data74};
if(vErrors === null){
vErrors = [err158];
}
else {
vErrors.push(err158);
}
errors++;
}
if(!pattern3.test(data74)){
const err159 = {instancePath:instancePath+"/notify/" + i4+"/url",schemaPath:"#/properties/notify/items/properties/url/pattern",keyword:"pattern",params:{pattern: "^https?://[^\\s]+$"},message:"must match pattern \""+"^https?://[^\\s]+$"+"\"",schema:"^https?://[^\\s]+$",parentSchema:schema0.properties.notify.items.properties.url,data:data74};
if(vErrors === null){
vErrors = [err159];
}
else {
vErrors.push(err159);
}
errors++;
}
}
else {
const err160 = {instancePath:instancePath+"/notify/" + i4+"/url",schemaPath:"#/properties/notify/items/properties/url/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.notify.items.properties.url.type,parentSchema:schema0.properties.notify.items.properties.url,data:data74};
if(vErrors === null){
vErrors = [err160];
}
else {
vErrors.push(err160);
}
errors++;
}
}
if(data68.token_file !== undefined){
let data75 = data68.token_file;
if(typeof data75 === "string"){
if(func2(data75) < 1){
const err161 = {instancePath:instancePath+"/notify/" + i4+"/token_file",schemaPath:"#/properties/notify/items/properties/token_file/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.notify.items.properties.token_file,data:data75};
if(vErrors === null){
vErrors = [err161];
}
else {
vErrors.push(err161);
}
errors++;
}
}
else {
const err162 = {instancePath:instancePath+"/notify/" + i4+"/token_file",schemaPath:"#/properties/notify/items/properties/token_file/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.notify.items.properties.token_file.type,parentSchema:schema0.properties.notify.items.properties.token_file,data:data75};
if(vErrors === null){
vErrors = [err162];
}
else {
vErrors.push(err162);
}
errors++;
}
}
if(data68.watch !== undefined){
let data76 = data68.watch;
if(typeof data76 === "string"){
if(func2(data76) < 1){
const err163 = {instancePath:instancePath+"/notify/" + i4+"/watch",schemaPath:"#/properties/notify/items/properties/watch/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.notify.items.properties.watch,data:data76};
if(vErrors === null){
vErrors = [err163];
}
else {
vErrors.push(err163);
}
errors++;
}
}
else {
const err164 = {instancePath:instancePath+"/notify/" + i4+"/watch",schemaPath:"#/properties/notify/items/properties/watch/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.notify.items.properties.watch.type,parentSchema:schema0.properties.notify.items.properties.watch,data:data76};
if(vErrors === null){
vErrors = [err164];
}
else {
vErrors.push(err164);
}
errors++;
}
}
let data77 = data68.timeout;
if(typeof data77 === "string"){
if(!(formats0.validate(data77))){
const err165 = {instancePath:instancePath+"/notify/" + i4+"/timeout",schemaPath:"#/properties/notify/items/properties/timeout/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\"",schema:"duration",parentSchema:schema0.properties.notify.items.properties.timeout,data:data77};
if(vErrors === null){
vErrors = [err165];
}
else {
vErrors.push(err165);
}
errors++;
}
}
else {
const err166 = {instancePath:instancePath+"/notify/" + i4+"/timeout",schemaPath:"#/properties/notify/items/properties/timeout/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.notify.items.properties.timeout.type,parentSchema:schema0.properties.notify.items.properties.timeout,data:data77};
if(vErrors === null){
vErrors = [err166];
}
else {
vErrors.push(err166);
}
errors++;
}
}
else {
const err167 = {instancePath:instancePath+"/notify/" + i4,schemaPath:"#/properties/notify/items/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema0.properties.notify.items.type,parentSchema:schema0.properties.notify.items,data:data68};
if(vErrors === null){
vErrors = [err167];
}
else {
vErrors.push(err167);
}
errors++;
}
}
}
else {
const err168 = {instancePath:instancePath+"/notify",schemaPath:"#/properties/notify/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema0.properties.notify.type,parentSchema:schema0.properties.notify,data:data67};
if(vErrors === null){
vErrors = [err168];
}
else {
vErrors.push(err168);
}
errors++;
}
}
else {
const err169 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema0.type,parentSchema:schema0,data};
if(vErrors === null){
vErrors = [err169];
}
else {
vErrors.push(err169);
}
errors++;
}
validate0.errors = vErrors;
return errors === 0;
}

export const validateDatabase: ValidateFunction<RawConfig['database']> = validate1;
const schema1 = {"type":"object","description":"The database that holds the state.","properties":{"drivername":{"type":"string","minLength":1,"description":"The kind of database; not set: that of secrets.toml, else sqlite. A suffix such as `+psycopg2` is ignored.","x-expects":"one of sqlite, postgresql, mysql, mariadb","pattern":"^(?:sqlite|postgresql|mysql|mariadb)(?:\\+[A-Za-z0-9_]+)?$","x-values":["sqlite","postgresql","mysql","mariadb"]},"name":{"type":"string","minLength":1,"description":"SQLite: the file, relative to the directory of config.toml; not set: `carbonation.db`. Otherwise the name of the database; not set: `carbonation`.","x-expects":"a text"},"host":{"type":"string","minLength":1,"description":"The database server; not set: this machine.","x-expects":"the name or address of a host"},"port":{"type":"integer","minimum":1,"maximum":65535,"description":"The port of the database server; not set: its usual one.","x-expects":"a port from 1 to 65535"},"username":{"type":"string","minLength":1,"description":"The user at the database server.","x-expects":"a text"},"password":{"type":"string","minLength":1,"description":"The password; better in secrets.toml or `password_file`.","x-expects":"a text","writeOnly":true},"password_file":{"type":"string","minLength":1,"description":"A file that holds the password; relative to the directory of the file that names it.","x-expects":"the path of a file"},"tls":{"type":"string","enum":["off","require","verify"],"description":"Encryption of the connection: none (also when not set), with any certificate, or with a certificate that a trusted authority has signed and that names `host`."},"ca_file":{"type":"string","minLength":1,"description":"The authorities to trust with `verify`, as PEM; not set: those that Node trusts.","x-expects":"the path of a file"},"echo":{"type":"boolean","default":false,"description":"Without effect: SQL statements are not logged."}},"required":[],"additionalProperties":false,"writeOnly":true};

function validate1(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.echo === undefined){
data.echo = false;
}
for(const key0 in data){
if(!(func0.call(schema1.properties, key0))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties",schema:false,parentSchema:schema1,data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.drivername !== undefined){
let data0 = data.drivername;
if(typeof data0 === "string"){
if(func2(data0) < 1){
const err1 = {instancePath:instancePath+"/drivername",schemaPath:"#/properties/drivername/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema1.properties.drivername,data:data0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(!pattern1.test(data0)){
const err2 = {instancePath:instancePath+"/drivername",schemaPath:"#/properties/drivername/pattern",keyword:"pattern",params:{pattern: "^(?:sqlite|postgresql|mysql|mariadb)(?:\\+[A-Za-z0-9_]+)?$"},message:"must match pattern \""+"^(?:sqlite|postgresql|mysql|mariadb)(?:\\+[A-Za-z0-9_]+)?$"+"\"",schema:"^(?:sqlite|postgresql|mysql|mariadb)(?:\\+[A-Za-z0-9_]+)?$",parentSchema:schema1.properties.drivername,data:data0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
else {
const err3 = {instancePath:instancePath+"/drivername",schemaPath:"#/properties/drivername/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema1.properties.drivername.type,parentSchema:schema1.properties.drivername,data:data0};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.name !== undefined){
let data1 = data.name;
if(typeof data1 === "string"){
if(func2(data1) < 1){
const err4 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema1.properties.name,data:data1};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
else {
const err5 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema1.properties.name.type,parentSchema:schema1.properties.name,data:data1};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.host !== undefined){
let data2 = data.host;
if(typeof data2 === "string"){
if(func2(data2) < 1){
const err6 = {instancePath:instancePath+"/host",schemaPath:"#/properties/host/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema1.properties.host,data:data2};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
else {
const err7 = {instancePath:instancePath+"/host",schemaPath:"#/properties/host/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema1.properties.host.type,parentSchema:schema1.properties.host,data:data2};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
if(data.port !== undefined){
let data3 = data.port;
if(!(((typeof data3 == "number") && (!(data3 % 1) && !isNaN(data3))) && (isFinite(data3)))){
const err8 = {instancePath:instancePath+"/port",schemaPath:"#/properties/port/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema1.properties.port.type,parentSchema:schema1.properties.port,data:data3};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
if((typeof data3 == "number") && (isFinite(data3))){
if(data3 > 65535 || isNaN(data3)){
const err9 = {instancePath:instancePath+"/port",schemaPath:"#/properties/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535",schema:65535,parentSchema:schema1.properties.port,data:data3};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
if(data3 < 1 || isNaN(data3)){
const err10 = {instancePath:instancePath+"/port",schemaPath:"#/properties/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema1.properties.port,data:data3};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
}
if(data.username !== undefined){
let data4 = data.username;
if(typeof data4 === "string"){
if(func2(data4) < 1){
const err11 = {instancePath:instancePath+"/username",schemaPath:"#/properties/username/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema1.properties.username,data:data4};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
else {
const err12 = {instancePath:instancePath+"/username",schemaPath:"#/properties/username/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema1.properties.username.type,parentSchema:schema1.properties.username,data:data4};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
if(data.password !== undefined){
let data5 = data.password;
if(typeof data5 === "string"){
if(func2(data5) < 1){
const err13 = {instancePath:instancePath+"/password",schemaPath:"#/properties/password/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema1.properties.password,data:data5};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
else {
const err14 = {instancePath:instancePath+"/password",schemaPath:"#/properties/password/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema1.properties.password.type,parentSchema:schema1.properties.password,data:data5};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
if(data.password_file !== undefined){
let data6 = data.password_file;
if(typeof data6 === "string"){
if(func2(data6) < 1){
const err15 = {instancePath:instancePath+"/password_file",schemaPath:"#/properties/password_file/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema1.properties.password_file,data:data6};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
else {
const err16 = {instancePath:instancePath+"/password_file",schemaPath:"#/properties/password_file/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema1.properties.password_file.type,parentSchema:schema1.properties.password_file,data:data6};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
if(data.tls !== undefined){
let data7 = data.tls;
if(typeof data7 !== "string"){
const err17 = {instancePath:instancePath+"/tls",schemaPath:"#/properties/tls/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema1.properties.tls.type,parentSchema:schema1.properties.tls,data:data7};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
if(!(((data7 === "off") || (data7 === "require")) || (data7 === "verify"))){
const err18 = {instancePath:instancePath+"/tls",schemaPath:"#/properties/tls/enum",keyword:"enum",params:{allowedValues: schema1.properties.tls.enum},message:"must be equal to one of the allowed values",schema:schema1.properties.tls.enum,parentSchema:schema1.properties.tls,data:data7};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
if(data.ca_file !== undefined){
let data8 = data.ca_file;
if(typeof data8 === "string"){
if(func2(data8) < 1){
const err19 = {instancePath:instancePath+"/ca_file",schemaPath:"#/properties/ca_file/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema1.properties.ca_file,data:data8};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
else {
const err20 = {instancePath:instancePath+"/ca_file",schemaPath:"#/properties/ca_file/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema1.properties.ca_file.type,parentSchema:schema1.properties.ca_file,data:data8};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
let data9 = data.echo;
if(typeof data9 !== "boolean"){
const err21 = {instancePath:instancePath+"/echo",schemaPath:"#/properties/echo/type",keyword:"type",params:{type: "boolean"},message:"must be boolean",schema:schema1.properties.echo.type,parentSchema:schema1.properties.echo,data:data9};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
else {
const err22 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema1.type,parentSchema:schema1,data};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
validate1.errors = vErrors;
return errors === 0;
}

export const validateSecrets: ValidateFunction<{ readonly database: RawCredentials }> = validate2;
const schema2 = {"type":"object","properties":{"database":{"type":"object","description":"Credentials.","properties":{"drivername":{"type":"string","minLength":1,"description":"The kind of database; not set: that of secrets.toml, else sqlite. A suffix such as `+psycopg2` is ignored.","x-expects":"one of sqlite, postgresql, mysql, mariadb","pattern":"^(?:sqlite|postgresql|mysql|mariadb)(?:\\+[A-Za-z0-9_]+)?$","x-values":["sqlite","postgresql","mysql","mariadb"]},"name":{"type":"string","minLength":1,"description":"SQLite: the file, relative to the directory of config.toml; not set: `carbonation.db`. Otherwise the name of the database; not set: `carbonation`.","x-expects":"a text"},"host":{"type":"string","minLength":1,"description":"The database server; not set: this machine.","x-expects":"the name or address of a host"},"port":{"type":"integer","minimum":1,"maximum":65535,"description":"The port of the database server; not set: its usual one.","x-expects":"a port from 1 to 65535"},"username":{"type":"string","minLength":1,"description":"The user at the database server.","x-expects":"a text"},"password":{"type":"string","minLength":1,"description":"The password; better in secrets.toml or `password_file`.","x-expects":"a text","writeOnly":true},"password_file":{"type":"string","minLength":1,"description":"A file that holds the password; relative to the directory of the file that names it.","x-expects":"the path of a file"},"tls":{"type":"string","enum":["off","require","verify"],"description":"Encryption of the connection: none (also when not set), with any certificate, or with a certificate that a trusted authority has signed and that names `host`."},"ca_file":{"type":"string","minLength":1,"description":"The authorities to trust with `verify`, as PEM; not set: those that Node trusts.","x-expects":"the path of a file"}},"required":[],"additionalProperties":false,"default":{},"writeOnly":true}}};

function validate2(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.database === undefined){
data.database = {};
}
let data0 = data.database;
if(data0 && typeof data0 == "object" && !Array.isArray(data0)){
for(const key0 in data0){
if(!(func0.call(schema2.properties.database.properties, key0))){
const err0 = {instancePath:instancePath+"/database",schemaPath:"#/properties/database/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties",schema:false,parentSchema:schema2.properties.database,data:data0};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data0.drivername !== undefined){
let data1 = data0.drivername;
if(typeof data1 === "string"){
if(func2(data1) < 1){
const err1 = {instancePath:instancePath+"/database/drivername",schemaPath:"#/properties/database/properties/drivername/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema2.properties.database.properties.drivername,data:data1};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(!pattern1.test(data1)){
const err2 = {instancePath:instancePath+"/database/drivername",schemaPath:"#/properties/database/properties/drivername/pattern",keyword:"pattern",params:{pattern: "^(?:sqlite|postgresql|mysql|mariadb)(?:\\+[A-Za-z0-9_]+)?$"},message:"must match pattern \""+"^(?:sqlite|postgresql|mysql|mariadb)(?:\\+[A-Za-z0-9_]+)?$"+"\"",schema:"^(?:sqlite|postgresql|mysql|mariadb)(?:\\+[A-Za-z0-9_]+)?$",parentSchema:schema2.properties.database.properties.drivername,data:data1};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
else {
const err3 = {instancePath:instancePath+"/database/drivername",schemaPath:"#/properties/database/properties/drivername/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema2.properties.database.properties.drivername.type,parentSchema:schema2.properties.database.properties.drivername,data:data1};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data0.name !== undefined){
let data2 = data0.name;
if(typeof data2 === "string"){
if(func2(data2) < 1){
const err4 = {instancePath:instancePath+"/database/name",schemaPath:"#/properties/database/properties/name/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema2.properties.database.properties.name,data:data2};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
else {
const err5 = {instancePath:instancePath+"/database/name",schemaPath:"#/properties/database/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema2.properties.database.properties.name.type,parentSchema:schema2.properties.database.properties.name,data:data2};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data0.host !== undefined){
let data3 = data0.host;
if(typeof data3 === "string"){
if(func2(data3) < 1){
const err6 = {instancePath:instancePath+"/database/host",schemaPath:"#/properties/database/properties/host/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema2.properties.database.properties.host,data:data3};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
else {
const err7 = {instancePath:instancePath+"/database/host",schemaPath:"#/properties/database/properties/host/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema2.properties.database.properties.host.type,parentSchema:schema2.properties.database.properties.host,data:data3};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
if(data0.port !== undefined){
let data4 = data0.port;
if(!(((typeof data4 == "number") && (!(data4 % 1) && !isNaN(data4))) && (isFinite(data4)))){
const err8 = {instancePath:instancePath+"/database/port",schemaPath:"#/properties/database/properties/port/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema2.properties.database.properties.port.type,parentSchema:schema2.properties.database.properties.port,data:data4};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
if((typeof data4 == "number") && (isFinite(data4))){
if(data4 > 65535 || isNaN(data4)){
const err9 = {instancePath:instancePath+"/database/port",schemaPath:"#/properties/database/properties/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535",schema:65535,parentSchema:schema2.properties.database.properties.port,data:data4};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
if(data4 < 1 || isNaN(data4)){
const err10 = {instancePath:instancePath+"/database/port",schemaPath:"#/properties/database/properties/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema2.properties.database.properties.port,data:data4};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
}
if(data0.username !== undefined){
let data5 = data0.username;
if(typeof data5 === "string"){
if(func2(data5) < 1){
const err11 = {instancePath:instancePath+"/database/username",schemaPath:"#/properties/database/properties/username/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema2.properties.database.properties.username,data:data5};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
else {
const err12 = {instancePath:instancePath+"/database/username",schemaPath:"#/properties/database/properties/username/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema2.properties.database.properties.username.type,parentSchema:schema2.properties.database.properties.username,data:data5};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
if(data0.password !== undefined){
let data6 = data0.password;
if(typeof data6 === "string"){
if(func2(data6) < 1){
const err13 = {instancePath:instancePath+"/database/password",schemaPath:"#/properties/database/properties/password/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema2.properties.database.properties.password,data:data6};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
else {
const err14 = {instancePath:instancePath+"/database/password",schemaPath:"#/properties/database/properties/password/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema2.properties.database.properties.password.type,parentSchema:schema2.properties.database.properties.password,data:data6};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
if(data0.password_file !== undefined){
let data7 = data0.password_file;
if(typeof data7 === "string"){
if(func2(data7) < 1){
const err15 = {instancePath:instancePath+"/database/password_file",schemaPath:"#/properties/database/properties/password_file/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema2.properties.database.properties.password_file,data:data7};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
else {
const err16 = {instancePath:instancePath+"/database/password_file",schemaPath:"#/properties/database/properties/password_file/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema2.properties.database.properties.password_file.type,parentSchema:schema2.properties.database.properties.password_file,data:data7};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
if(data0.tls !== undefined){
let data8 = data0.tls;
if(typeof data8 !== "string"){
const err17 = {instancePath:instancePath+"/database/tls",schemaPath:"#/properties/database/properties/tls/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema2.properties.database.properties.tls.type,parentSchema:schema2.properties.database.properties.tls,data:data8};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
if(!(((data8 === "off") || (data8 === "require")) || (data8 === "verify"))){
const err18 = {instancePath:instancePath+"/database/tls",schemaPath:"#/properties/database/properties/tls/enum",keyword:"enum",params:{allowedValues: schema2.properties.database.properties.tls.enum},message:"must be equal to one of the allowed values",schema:schema2.properties.database.properties.tls.enum,parentSchema:schema2.properties.database.properties.tls,data:data8};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
if(data0.ca_file !== undefined){
let data9 = data0.ca_file;
if(typeof data9 === "string"){
if(func2(data9) < 1){
const err19 = {instancePath:instancePath+"/database/ca_file",schemaPath:"#/properties/database/properties/ca_file/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema2.properties.database.properties.ca_file,data:data9};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
else {
const err20 = {instancePath:instancePath+"/database/ca_file",schemaPath:"#/properties/database/properties/ca_file/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema2.properties.database.properties.ca_file.type,parentSchema:schema2.properties.database.properties.ca_file,data:data9};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
}
else {
const err21 = {instancePath:instancePath+"/database",schemaPath:"#/properties/database/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema2.properties.database.type,parentSchema:schema2.properties.database,data:data0};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
else {
const err22 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema2.type,parentSchema:schema2,data};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
validate2.errors = vErrors;
return errors === 0;
}
