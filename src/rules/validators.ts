// @ts-nocheck: made by `npm run docs:config` from the schemas in schema.ts; a test compares them.
import { createRequire } from 'node:module';
import type { ValidateFunction } from 'ajv';
import { formats } from '../config/formats.ts';
import type { RawRuleSet } from './raw.ts';
const require = createRequire(import.meta.url);
export const validateRuleSet: ValidateFunction<RawRuleSet> = validate0;
const schema0 = {"type":"object","description":"A rule set.","properties":{"archive":{"type":"string","minLength":1,"description":"The archive if no routing rule decides.","x-expects":"the name of an archive"},"integrity":{"type":"array","items":{"type":"object","description":"A check that every file must pass.","discriminator":{"propertyName":"type"},"oneOf":[{"type":"object","description":"The file has at least this many bytes.","properties":{"type":{"const":"min_size","description":"The kind of check."},"value":{"type":"integer","minimum":0,"description":"A number of bytes.","x-expects":"a whole number of bytes"}},"required":["type","value"],"additionalProperties":false},{"type":"object","description":"The file has at most this many bytes.","properties":{"type":{"const":"max_size","description":"The kind of check."},"value":{"type":"integer","minimum":0,"description":"A number of bytes.","x-expects":"a whole number of bytes"}},"required":["type","value"],"additionalProperties":false},{"type":"object","description":"The checksum in a file beside it, or in a manifest, is right.","properties":{"type":{"const":"checksum","description":"The kind of check."}},"required":["type"],"additionalProperties":false},{"type":"object","description":"The file begins with these bytes.","properties":{"type":{"const":"magic","description":"The kind of check."},"value":{"type":"string","pattern":"^\\s*(?:[0-9A-Fa-f]{2}\\s*)+$","description":"The first bytes of the file.","x-expects":"bytes as hex digits in pairs, e.g. \"89504e47\""}},"required":["type","value"],"additionalProperties":false},{"type":"object","description":"The file is valid JSON in UTF-8.","properties":{"type":{"const":"json","description":"The kind of check."}},"required":["type"],"additionalProperties":false},{"type":"object","description":"A function of the plugin accepts the file.","properties":{"type":{"const":"plugin","description":"The kind of check."},"function":{"type":"string","minLength":1,"description":"A function of the plugin.","x-expects":"the key of a plugin's function"},"kwargs":{"type":"object","description":"Passed to the function.","x-expects":"a table"}},"required":["type","function"],"additionalProperties":false}]},"default":[],"description":"Checks that every file must pass.","x-expects":"tables [[RULESET.integrity]]"},"completeness":{"type":"object","description":"When a group is complete.","properties":{"group_by":{"type":"string","enum":["stem","plugin"],"default":"stem","description":"How files are grouped: by the name without its extension, or by a function of the plugin."},"group_function":{"type":"string","minLength":1,"description":"The function that gives the group key.","x-expects":"the key of a plugin's function"},"expected_extensions":{"type":"array","items":{"type":"string","pattern":"^\\.?[^./\\s][^/]*$","description":"The end of the file name; several dots are allowed.","x-expects":"an extension such as \".txt\" or \".meta.json\""},"description":"Extensions that must all be there.","x-expects":"a list of extensions","default":[]},"primary_extension":{"type":"string","pattern":"^\\.?[^./\\s][^/]*$","description":"The file whose archive path stands for the group.","x-expects":"an extension such as \".txt\" or \".meta.json\""},"timeout_minutes":{"type":"number","exclusiveMinimum":0,"maximum":525600,"default":120,"description":"How long a group may be incomplete.","x-expects":"a number of minutes, more than 0, at most 525600"},"on_timeout":{"type":"string","enum":["warn","skip","archive_partial"],"default":"warn","description":"What happens then: report it and wait on, give the group up, or archive what has arrived."},"across_directories":{"type":"boolean","default":false,"description":"Whether files of different directories of a recursive watch may be one group."}},"required":[],"additionalProperties":false},"metadata":{"type":"object","description":"Metadata.","properties":{"extract":{"type":"string","minLength":1,"description":"The extractor.","x-expects":"the key of a plugin's extractor"}},"required":[],"additionalProperties":false},"selection":{"type":"array","items":{"type":"object","description":"Conditions that must all hold.","properties":{"has_keys":{"type":"array","items":{"type":"string","minLength":1,"description":"One of them.","x-expects":"a text"},"description":"Metadata that must be there.","x-expects":"a list of texts"},"lacks_keys":{"type":"array","items":{"type":"string","minLength":1,"description":"One of them.","x-expects":"a text"},"description":"Metadata that must not be there.","x-expects":"a list of texts"},"field":{"type":["string","array"],"items":{"type":"object","description":"Conditions on one value of the metadata.","properties":{"name":{"type":"string","minLength":1,"description":"The key of the metadata.","x-expects":"a text"},"matches":{"type":"array","items":{"type":"string","minLength":1,"description":"One of them.","x-expects":"a text"},"description":"Regular expressions, found anywhere in the value; if that takes more than a second, the group fails.","x-expects":"a list of texts"},"not_matches":{"type":"array","items":{"type":"string","minLength":1,"description":"One of them.","x-expects":"a text"},"description":"Regular expressions, found anywhere in the value; if that takes more than a second, the group fails.","x-expects":"a list of texts"}},"required":["name"],"additionalProperties":false},"minLength":1,"description":"Conditions on values; or the name of the value that `matches` and `not_matches` apply to.","x-expects":"a list such as [{ name = \"category\", matches = [\"^a\"] }], or a name"},"matches":{"type":"array","items":{"type":"string","minLength":1,"description":"One of them.","x-expects":"a text"},"description":"Regular expressions, found anywhere in the value; if that takes more than a second, the group fails.","x-expects":"a list of texts"},"not_matches":{"type":"array","items":{"type":"string","minLength":1,"description":"One of them.","x-expects":"a text"},"description":"Regular expressions, found anywhere in the value; if that takes more than a second, the group fails.","x-expects":"a list of texts"},"type":{"type":"string","enum":["plugin"],"description":"`plugin`: a function of the plugin decides."},"function":{"type":"string","minLength":1,"description":"A function of the plugin.","x-expects":"the key of a plugin's function"},"kwargs":{"type":"object","description":"Passed to the function.","x-expects":"a table"}},"required":[],"additionalProperties":false},"default":[],"description":"Which groups are archived: those for which one of these blocks holds; without a block, all.","x-expects":"tables [[RULESET.selection]]"},"routing":{"type":"array","items":{"type":"object","description":"Which archive a group goes to.","properties":{"match":{"type":"string","minLength":1,"description":"A glob on the group key or on the file name.","x-expects":"a glob"},"archive":{"type":"string","minLength":1,"description":"The archive of groups that match.","x-expects":"the name of an archive"},"type":{"type":"string","enum":["match","plugin"],"description":"`plugin`: a function of the plugin decides."},"function":{"type":"string","minLength":1,"description":"A function of the plugin.","x-expects":"the key of a plugin's function"}},"required":[],"additionalProperties":false},"default":[],"description":"Where groups go; the first that matches wins.","x-expects":"tables [[RULESET.routing]]"}},"required":[],"additionalProperties":false,"x-expects":"a rule set, i.e. a table such as [my-rules]"};
const func0 = require("ajv/dist/runtime/ucs2length").default;
const pattern0 = new RegExp("^\\s*(?:[0-9A-Fa-f]{2}\\s*)+$", "u");
const pattern1 = new RegExp("^\\.?[^./\\s][^/]*$", "u");

function validate0(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.integrity === undefined){
data.integrity = [];
}
if(data.selection === undefined){
data.selection = [];
}
if(data.routing === undefined){
data.routing = [];
}
for(const key0 in data){
if(!((((((key0 === "archive") || (key0 === "integrity")) || (key0 === "completeness")) || (key0 === "metadata")) || (key0 === "selection")) || (key0 === "routing"))){
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
if(data.archive !== undefined){
let data0 = data.archive;
if(typeof data0 === "string"){
if(func0(data0) < 1){
const err1 = {instancePath:instancePath+"/archive",schemaPath:"#/properties/archive/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.archive,data:data0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
else {
const err2 = {instancePath:instancePath+"/archive",schemaPath:"#/properties/archive/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.archive.type,parentSchema:schema0.properties.archive,data:data0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
let data1 = data.integrity;
if(Array.isArray(data1)){
const len0 = data1.length;
for(let i0=0; i0<len0; i0++){
let data2 = data1[i0];
if(data2 && typeof data2 == "object" && !Array.isArray(data2)){
const tag0 = data2.type;
if(typeof tag0 == "string"){
if(tag0 === "min_size"){
if(data2 && typeof data2 == "object" && !Array.isArray(data2)){
if(data2.type === undefined){
const err3 = {instancePath:instancePath+"/integrity/" + i0,schemaPath:"#/properties/integrity/items/oneOf/0/required",keyword:"required",params:{missingProperty: "type"},message:"must have required property '"+"type"+"'",schema:schema0.properties.integrity.items.oneOf[0].required,parentSchema:schema0.properties.integrity.items.oneOf[0],data:data2};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
if(data2.value === undefined){
const err4 = {instancePath:instancePath+"/integrity/" + i0,schemaPath:"#/properties/integrity/items/oneOf/0/required",keyword:"required",params:{missingProperty: "value"},message:"must have required property '"+"value"+"'",schema:schema0.properties.integrity.items.oneOf[0].required,parentSchema:schema0.properties.integrity.items.oneOf[0],data:data2};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
for(const key1 in data2){
if(!((key1 === "type") || (key1 === "value"))){
const err5 = {instancePath:instancePath+"/integrity/" + i0,schemaPath:"#/properties/integrity/items/oneOf/0/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties",schema:false,parentSchema:schema0.properties.integrity.items.oneOf[0],data:data2};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data2.type !== undefined){
let data3 = data2.type;
if("min_size" !== data3){
const err6 = {instancePath:instancePath+"/integrity/" + i0+"/type",schemaPath:"#/properties/integrity/items/oneOf/0/properties/type/const",keyword:"const",params:{allowedValue: "min_size"},message:"must be equal to constant",schema:"min_size",parentSchema:schema0.properties.integrity.items.oneOf[0].properties.type,data:data3};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data2.value !== undefined){
let data4 = data2.value;
if(!(((typeof data4 == "number") && (!(data4 % 1) && !isNaN(data4))) && (isFinite(data4)))){
const err7 = {instancePath:instancePath+"/integrity/" + i0+"/value",schemaPath:"#/properties/integrity/items/oneOf/0/properties/value/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema0.properties.integrity.items.oneOf[0].properties.value.type,parentSchema:schema0.properties.integrity.items.oneOf[0].properties.value,data:data4};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
if((typeof data4 == "number") && (isFinite(data4))){
if(data4 < 0 || isNaN(data4)){
const err8 = {instancePath:instancePath+"/integrity/" + i0+"/value",schemaPath:"#/properties/integrity/items/oneOf/0/properties/value/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema0.properties.integrity.items.oneOf[0].properties.value,data:data4};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
}
}
else {
const err9 = {instancePath:instancePath+"/integrity/" + i0,schemaPath:"#/properties/integrity/items/oneOf/0/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema0.properties.integrity.items.oneOf[0].type,parentSchema:schema0.properties.integrity.items.oneOf[0],data:data2};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
else if(tag0 === "max_size"){
if(data2 && typeof data2 == "object" && !Array.isArray(data2)){
if(data2.type === undefined){
const err10 = {instancePath:instancePath+"/integrity/" + i0,schemaPath:"#/properties/integrity/items/oneOf/1/required",keyword:"required",params:{missingProperty: "type"},message:"must have required property '"+"type"+"'",schema:schema0.properties.integrity.items.oneOf[1].required,parentSchema:schema0.properties.integrity.items.oneOf[1],data:data2};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
if(data2.value === undefined){
const err11 = {instancePath:instancePath+"/integrity/" + i0,schemaPath:"#/properties/integrity/items/oneOf/1/required",keyword:"required",params:{missingProperty: "value"},message:"must have required property '"+"value"+"'",schema:schema0.properties.integrity.items.oneOf[1].required,parentSchema:schema0.properties.integrity.items.oneOf[1],data:data2};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
for(const key2 in data2){
if(!((key2 === "type") || (key2 === "value"))){
const err12 = {instancePath:instancePath+"/integrity/" + i0,schemaPath:"#/properties/integrity/items/oneOf/1/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties",schema:false,parentSchema:schema0.properties.integrity.items.oneOf[1],data:data2};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
if(data2.type !== undefined){
let data5 = data2.type;
if("max_size" !== data5){
const err13 = {instancePath:instancePath+"/integrity/" + i0+"/type",schemaPath:"#/properties/integrity/items/oneOf/1/properties/type/const",keyword:"const",params:{allowedValue: "max_size"},message:"must be equal to constant",schema:"max_size",parentSchema:schema0.properties.integrity.items.oneOf[1].properties.type,data:data5};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
if(data2.value !== undefined){
let data6 = data2.value;
if(!(((typeof data6 == "number") && (!(data6 % 1) && !isNaN(data6))) && (isFinite(data6)))){
const err14 = {instancePath:instancePath+"/integrity/" + i0+"/value",schemaPath:"#/properties/integrity/items/oneOf/1/properties/value/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema0.properties.integrity.items.oneOf[1].properties.value.type,parentSchema:schema0.properties.integrity.items.oneOf[1].properties.value,data:data6};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
if((typeof data6 == "number") && (isFinite(data6))){
if(data6 < 0 || isNaN(data6)){
const err15 = {instancePath:instancePath+"/integrity/" + i0+"/value",schemaPath:"#/properties/integrity/items/oneOf/1/properties/value/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema0.properties.integrity.items.oneOf[1].properties.value,data:data6};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
}
}
else {
const err16 = {instancePath:instancePath+"/integrity/" + i0,schemaPath:"#/properties/integrity/items/oneOf/1/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema0.properties.integrity.items.oneOf[1].type,parentSchema:schema0.properties.integrity.items.oneOf[1],data:data2};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
else if(tag0 === "checksum"){
if(data2 && typeof data2 == "object" && !Array.isArray(data2)){
if(data2.type === undefined){
const err17 = {instancePath:instancePath+"/integrity/" + i0,schemaPath:"#/properties/integrity/items/oneOf/2/required",keyword:"required",params:{missingProperty: "type"},message:"must have required property '"+"type"+"'",schema:schema0.properties.integrity.items.oneOf[2].required,parentSchema:schema0.properties.integrity.items.oneOf[2],data:data2};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
for(const key3 in data2){
if(!(key3 === "type")){
const err18 = {instancePath:instancePath+"/integrity/" + i0,schemaPath:"#/properties/integrity/items/oneOf/2/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},message:"must NOT have additional properties",schema:false,parentSchema:schema0.properties.integrity.items.oneOf[2],data:data2};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
if(data2.type !== undefined){
let data7 = data2.type;
if("checksum" !== data7){
const err19 = {instancePath:instancePath+"/integrity/" + i0+"/type",schemaPath:"#/properties/integrity/items/oneOf/2/properties/type/const",keyword:"const",params:{allowedValue: "checksum"},message:"must be equal to constant",schema:"checksum",parentSchema:schema0.properties.integrity.items.oneOf[2].properties.type,data:data7};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
}
else {
const err20 = {instancePath:instancePath+"/integrity/" + i0,schemaPath:"#/properties/integrity/items/oneOf/2/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema0.properties.integrity.items.oneOf[2].type,parentSchema:schema0.properties.integrity.items.oneOf[2],data:data2};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
else if(tag0 === "magic"){
if(data2 && typeof data2 == "object" && !Array.isArray(data2)){
if(data2.type === undefined){
const err21 = {instancePath:instancePath+"/integrity/" + i0,schemaPath:"#/properties/integrity/items/oneOf/3/required",keyword:"required",params:{missingProperty: "type"},message:"must have required property '"+"type"+"'",schema:schema0.properties.integrity.items.oneOf[3].required,parentSchema:schema0.properties.integrity.items.oneOf[3],data:data2};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
if(data2.value === undefined){
const err22 = {instancePath:instancePath+"/integrity/" + i0,schemaPath:"#/properties/integrity/items/oneOf/3/required",keyword:"required",params:{missingProperty: "value"},message:"must have required property '"+"value"+"'",schema:schema0.properties.integrity.items.oneOf[3].required,parentSchema:schema0.properties.integrity.items.oneOf[3],data:data2};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
for(const key4 in data2){
if(!((key4 === "type") || (key4 === "value"))){
const err23 = {instancePath:instancePath+"/integrity/" + i0,schemaPath:"#/properties/integrity/items/oneOf/3/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4},message:"must NOT have additional properties",schema:false,parentSchema:schema0.properties.integrity.items.oneOf[3],data:data2};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
}
if(data2.type !== undefined){
let data8 = data2.type;
if("magic" !== data8){
const err24 = {instancePath:instancePath+"/integrity/" + i0+"/type",schemaPath:"#/properties/integrity/items/oneOf/3/properties/type/const",keyword:"const",params:{allowedValue: "magic"},message:"must be equal to constant",schema:"magic",parentSchema:schema0.properties.integrity.items.oneOf[3].properties.type,data:data8};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
}
if(data2.value !== undefined){
let data9 = data2.value;
if(typeof data9 === "string"){
if(!pattern0.test(data9)){
const err25 = {instancePath:instancePath+"/integrity/" + i0+"/value",schemaPath:"#/properties/integrity/items/oneOf/3/properties/value/pattern",keyword:"pattern",params:{pattern: "^\\s*(?:[0-9A-Fa-f]{2}\\s*)+$"},message:"must match pattern \""+"^\\s*(?:[0-9A-Fa-f]{2}\\s*)+$"+"\"",schema:"^\\s*(?:[0-9A-Fa-f]{2}\\s*)+$",parentSchema:schema0.properties.integrity.items.oneOf[3].properties.value,data:data9};
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
const err26 = {instancePath:instancePath+"/integrity/" + i0+"/value",schemaPath:"#/properties/integrity/items/oneOf/3/properties/value/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.integrity.items.oneOf[3].properties.value.type,parentSchema:schema0.properties.integrity.items.oneOf[3].properties.value,data:data9};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
}
}
else {
const err27 = {instancePath:instancePath+"/integrity/" + i0,schemaPath:"#/properties/integrity/items/oneOf/3/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema0.properties.integrity.items.oneOf[3].type,parentSchema:schema0.properties.integrity.items.oneOf[3],data:data2};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
}
else if(tag0 === "json"){
if(data2 && typeof data2 == "object" && !Array.isArray(data2)){
if(data2.type === undefined){
const err28 = {instancePath:instancePath+"/integrity/" + i0,schemaPath:"#/properties/integrity/items/oneOf/4/required",keyword:"required",params:{missingProperty: "type"},message:"must have required property '"+"type"+"'",schema:schema0.properties.integrity.items.oneOf[4].required,parentSchema:schema0.properties.integrity.items.oneOf[4],data:data2};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
for(const key5 in data2){
if(!(key5 === "type")){
const err29 = {instancePath:instancePath+"/integrity/" + i0,schemaPath:"#/properties/integrity/items/oneOf/4/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key5},message:"must NOT have additional properties",schema:false,parentSchema:schema0.properties.integrity.items.oneOf[4],data:data2};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
}
if(data2.type !== undefined){
let data10 = data2.type;
if("json" !== data10){
const err30 = {instancePath:instancePath+"/integrity/" + i0+"/type",schemaPath:"#/properties/integrity/items/oneOf/4/properties/type/const",keyword:"const",params:{allowedValue: "json"},message:"must be equal to constant",schema:"json",parentSchema:schema0.properties.integrity.items.oneOf[4].properties.type,data:data10};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
}
}
else {
const err31 = {instancePath:instancePath+"/integrity/" + i0,schemaPath:"#/properties/integrity/items/oneOf/4/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema0.properties.integrity.items.oneOf[4].type,parentSchema:schema0.properties.integrity.items.oneOf[4],data:data2};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
}
else if(tag0 === "plugin"){
if(data2 && typeof data2 == "object" && !Array.isArray(data2)){
if(data2.type === undefined){
const err32 = {instancePath:instancePath+"/integrity/" + i0,schemaPath:"#/properties/integrity/items/oneOf/5/required",keyword:"required",params:{missingProperty: "type"},message:"must have required property '"+"type"+"'",schema:schema0.properties.integrity.items.oneOf[5].required,parentSchema:schema0.properties.integrity.items.oneOf[5],data:data2};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
if(data2.function === undefined){
const err33 = {instancePath:instancePath+"/integrity/" + i0,schemaPath:"#/properties/integrity/items/oneOf/5/required",keyword:"required",params:{missingProperty: "function"},message:"must have required property '"+"function"+"'",schema:schema0.properties.integrity.items.oneOf[5].required,parentSchema:schema0.properties.integrity.items.oneOf[5],data:data2};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
for(const key6 in data2){
if(!(((key6 === "type") || (key6 === "function")) || (key6 === "kwargs"))){
const err34 = {instancePath:instancePath+"/integrity/" + i0,schemaPath:"#/properties/integrity/items/oneOf/5/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key6},message:"must NOT have additional properties",schema:false,parentSchema:schema0.properties.integrity.items.oneOf[5],data:data2};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
}
if(data2.type !== undefined){
let data11 = data2.type;
if("plugin" !== data11){
const err35 = {instancePath:instancePath+"/integrity/" + i0+"/type",schemaPath:"#/properties/integrity/items/oneOf/5/properties/type/const",keyword:"const",params:{allowedValue: "plugin"},message:"must be equal to constant",schema:"plugin",parentSchema:schema0.properties.integrity.items.oneOf[5].properties.type,data:data11};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
}
if(data2.function !== undefined){
let data12 = data2.function;
if(typeof data12 === "string"){
if(func0(data12) < 1){
const err36 = {instancePath:instancePath+"/integrity/" + i0+"/function",schemaPath:"#/properties/integrity/items/oneOf/5/properties/function/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.integrity.items.oneOf[5].properties.function,data:data12};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
}
else {
const err37 = {instancePath:instancePath+"/integrity/" + i0+"/function",schemaPath:"#/properties/integrity/items/oneOf/5/properties/function/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.integrity.items.oneOf[5].properties.function.type,parentSchema:schema0.properties.integrity.items.oneOf[5].properties.function,data:data12};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
}
if(data2.kwargs !== undefined){
let data13 = data2.kwargs;
if(!(data13 && typeof data13 == "object" && !Array.isArray(data13))){
const err38 = {instancePath:instancePath+"/integrity/" + i0+"/kwargs",schemaPath:"#/properties/integrity/items/oneOf/5/properties/kwargs/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema0.properties.integrity.items.oneOf[5].properties.kwargs.type,parentSchema:schema0.properties.integrity.items.oneOf[5].properties.kwargs,data:data13};
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
const err39 = {instancePath:instancePath+"/integrity/" + i0,schemaPath:"#/properties/integrity/items/oneOf/5/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema0.properties.integrity.items.oneOf[5].type,parentSchema:schema0.properties.integrity.items.oneOf[5],data:data2};
if(vErrors === null){
vErrors = [err39];
}
else {
vErrors.push(err39);
}
errors++;
}
}
else {
const err40 = {instancePath:instancePath+"/integrity/" + i0,schemaPath:"#/properties/integrity/items/discriminator",keyword:"discriminator",params:{error: "mapping", tag: "type", tagValue: tag0},message:"value of tag \"type\" must be in oneOf",schema:schema0.properties.integrity.items.discriminator,parentSchema:schema0.properties.integrity.items,data:data2};
if(vErrors === null){
vErrors = [err40];
}
else {
vErrors.push(err40);
}
errors++;
}
}
else {
const err41 = {instancePath:instancePath+"/integrity/" + i0,schemaPath:"#/properties/integrity/items/discriminator",keyword:"discriminator",params:{error: "tag", tag: "type", tagValue: tag0},message:"tag \"type\" must be string",schema:schema0.properties.integrity.items.discriminator,parentSchema:schema0.properties.integrity.items,data:data2};
if(vErrors === null){
vErrors = [err41];
}
else {
vErrors.push(err41);
}
errors++;
}
}
else {
const err42 = {instancePath:instancePath+"/integrity/" + i0,schemaPath:"#/properties/integrity/items/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema0.properties.integrity.items.type,parentSchema:schema0.properties.integrity.items,data:data2};
if(vErrors === null){
vErrors = [err42];
}
else {
vErrors.push(err42);
}
errors++;
}
}
}
else {
const err43 = {instancePath:instancePath+"/integrity",schemaPath:"#/properties/integrity/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema0.properties.integrity.type,parentSchema:schema0.properties.integrity,data:data1};
if(vErrors === null){
vErrors = [err43];
}
else {
vErrors.push(err43);
}
errors++;
}
if(data.completeness !== undefined){
let data14 = data.completeness;
if(data14 && typeof data14 == "object" && !Array.isArray(data14)){
if(data14.group_by === undefined){
data14.group_by = "stem";
}
if(data14.expected_extensions === undefined){
data14.expected_extensions = [];
}
if(data14.timeout_minutes === undefined){
data14.timeout_minutes = 120;
}
if(data14.on_timeout === undefined){
data14.on_timeout = "warn";
}
if(data14.across_directories === undefined){
data14.across_directories = false;
}
for(const key7 in data14){
if(!(((((((key7 === "group_by") || (key7 === "group_function")) || (key7 === "expected_extensions")) || (key7 === "primary_extension")) || (key7 === "timeout_minutes")) || (key7 === "on_timeout")) || (key7 === "across_directories"))){
const err44 = {instancePath:instancePath+"/completeness",schemaPath:"#/properties/completeness/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key7},message:"must NOT have additional properties",schema:false,parentSchema:schema0.properties.completeness,data:data14};
if(vErrors === null){
vErrors = [err44];
}
else {
vErrors.push(err44);
}
errors++;
}
}
let data15 = data14.group_by;
if(typeof data15 !== "string"){
const err45 = {instancePath:instancePath+"/completeness/group_by",schemaPath:"#/properties/completeness/properties/group_by/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.completeness.properties.group_by.type,parentSchema:schema0.properties.completeness.properties.group_by,data:data15};
if(vErrors === null){
vErrors = [err45];
}
else {
vErrors.push(err45);
}
errors++;
}
if(!((data15 === "stem") || (data15 === "plugin"))){
const err46 = {instancePath:instancePath+"/completeness/group_by",schemaPath:"#/properties/completeness/properties/group_by/enum",keyword:"enum",params:{allowedValues: schema0.properties.completeness.properties.group_by.enum},message:"must be equal to one of the allowed values",schema:schema0.properties.completeness.properties.group_by.enum,parentSchema:schema0.properties.completeness.properties.group_by,data:data15};
if(vErrors === null){
vErrors = [err46];
}
else {
vErrors.push(err46);
}
errors++;
}
if(data14.group_function !== undefined){
let data16 = data14.group_function;
if(typeof data16 === "string"){
if(func0(data16) < 1){
const err47 = {instancePath:instancePath+"/completeness/group_function",schemaPath:"#/properties/completeness/properties/group_function/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.completeness.properties.group_function,data:data16};
if(vErrors === null){
vErrors = [err47];
}
else {
vErrors.push(err47);
}
errors++;
}
}
else {
const err48 = {instancePath:instancePath+"/completeness/group_function",schemaPath:"#/properties/completeness/properties/group_function/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.completeness.properties.group_function.type,parentSchema:schema0.properties.completeness.properties.group_function,data:data16};
if(vErrors === null){
vErrors = [err48];
}
else {
vErrors.push(err48);
}
errors++;
}
}
let data17 = data14.expected_extensions;
if(Array.isArray(data17)){
const len1 = data17.length;
for(let i1=0; i1<len1; i1++){
let data18 = data17[i1];
if(typeof data18 === "string"){
if(!pattern1.test(data18)){
const err49 = {instancePath:instancePath+"/completeness/expected_extensions/" + i1,schemaPath:"#/properties/completeness/properties/expected_extensions/items/pattern",keyword:"pattern",params:{pattern: "^\\.?[^./\\s][^/]*$"},message:"must match pattern \""+"^\\.?[^./\\s][^/]*$"+"\"",schema:"^\\.?[^./\\s][^/]*$",parentSchema:schema0.properties.completeness.properties.expected_extensions.items,data:data18};
if(vErrors === null){
vErrors = [err49];
}
else {
vErrors.push(err49);
}
errors++;
}
}
else {
const err50 = {instancePath:instancePath+"/completeness/expected_extensions/" + i1,schemaPath:"#/properties/completeness/properties/expected_extensions/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.completeness.properties.expected_extensions.items.type,parentSchema:schema0.properties.completeness.properties.expected_extensions.items,data:data18};
if(vErrors === null){
vErrors = [err50];
}
else {
vErrors.push(err50);
}
errors++;
}
}
}
else {
const err51 = {instancePath:instancePath+"/completeness/expected_extensions",schemaPath:"#/properties/completeness/properties/expected_extensions/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema0.properties.completeness.properties.expected_extensions.type,parentSchema:schema0.properties.completeness.properties.expected_extensions,data:data17};
if(vErrors === null){
vErrors = [err51];
}
else {
vErrors.push(err51);
}
errors++;
}
if(data14.primary_extension !== undefined){
let data19 = data14.primary_extension;
if(typeof data19 === "string"){
if(!pattern1.test(data19)){
const err52 = {instancePath:instancePath+"/completeness/primary_extension",schemaPath:"#/properties/completeness/properties/primary_extension/pattern",keyword:"pattern",params:{pattern: "^\\.?[^./\\s][^/]*$"},message:"must match pattern \""+"^\\.?[^./\\s][^/]*$"+"\"",schema:"^\\.?[^./\\s][^/]*$",parentSchema:schema0.properties.completeness.properties.primary_extension,data:data19};
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
const err53 = {instancePath:instancePath+"/completeness/primary_extension",schemaPath:"#/properties/completeness/properties/primary_extension/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.completeness.properties.primary_extension.type,parentSchema:schema0.properties.completeness.properties.primary_extension,data:data19};
if(vErrors === null){
vErrors = [err53];
}
else {
vErrors.push(err53);
}
errors++;
}
}
let data20 = data14.timeout_minutes;
if((typeof data20 == "number") && (isFinite(data20))){
if(data20 > 525600 || isNaN(data20)){
const err54 = {instancePath:instancePath+"/completeness/timeout_minutes",schemaPath:"#/properties/completeness/properties/timeout_minutes/maximum",keyword:"maximum",params:{comparison: "<=", limit: 525600},message:"must be <= 525600",schema:525600,parentSchema:schema0.properties.completeness.properties.timeout_minutes,data:data20};
if(vErrors === null){
vErrors = [err54];
}
else {
vErrors.push(err54);
}
errors++;
}
if(data20 <= 0 || isNaN(data20)){
const err55 = {instancePath:instancePath+"/completeness/timeout_minutes",schemaPath:"#/properties/completeness/properties/timeout_minutes/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0},message:"must be > 0",schema:0,parentSchema:schema0.properties.completeness.properties.timeout_minutes,data:data20};
if(vErrors === null){
vErrors = [err55];
}
else {
vErrors.push(err55);
}
errors++;
}
}
else {
const err56 = {instancePath:instancePath+"/completeness/timeout_minutes",schemaPath:"#/properties/completeness/properties/timeout_minutes/type",keyword:"type",params:{type: "number"},message:"must be number",schema:schema0.properties.completeness.properties.timeout_minutes.type,parentSchema:schema0.properties.completeness.properties.timeout_minutes,data:data20};
if(vErrors === null){
vErrors = [err56];
}
else {
vErrors.push(err56);
}
errors++;
}
let data21 = data14.on_timeout;
if(typeof data21 !== "string"){
const err57 = {instancePath:instancePath+"/completeness/on_timeout",schemaPath:"#/properties/completeness/properties/on_timeout/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.completeness.properties.on_timeout.type,parentSchema:schema0.properties.completeness.properties.on_timeout,data:data21};
if(vErrors === null){
vErrors = [err57];
}
else {
vErrors.push(err57);
}
errors++;
}
if(!(((data21 === "warn") || (data21 === "skip")) || (data21 === "archive_partial"))){
const err58 = {instancePath:instancePath+"/completeness/on_timeout",schemaPath:"#/properties/completeness/properties/on_timeout/enum",keyword:"enum",params:{allowedValues: schema0.properties.completeness.properties.on_timeout.enum},message:"must be equal to one of the allowed values",schema:schema0.properties.completeness.properties.on_timeout.enum,parentSchema:schema0.properties.completeness.properties.on_timeout,data:data21};
if(vErrors === null){
vErrors = [err58];
}
else {
vErrors.push(err58);
}
errors++;
}
let data22 = data14.across_directories;
if(typeof data22 !== "boolean"){
const err59 = {instancePath:instancePath+"/completeness/across_directories",schemaPath:"#/properties/completeness/properties/across_directories/type",keyword:"type",params:{type: "boolean"},message:"must be boolean",schema:schema0.properties.completeness.properties.across_directories.type,parentSchema:schema0.properties.completeness.properties.across_directories,data:data22};
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
const err60 = {instancePath:instancePath+"/completeness",schemaPath:"#/properties/completeness/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema0.properties.completeness.type,parentSchema:schema0.properties.completeness,data:data14};
if(vErrors === null){
vErrors = [err60];
}
else {
vErrors.push(err60);
}
errors++;
}
}
if(data.metadata !== undefined){
let data23 = data.metadata;
if(data23 && typeof data23 == "object" && !Array.isArray(data23)){
for(const key8 in data23){
if(!(key8 === "extract")){
const err61 = {instancePath:instancePath+"/metadata",schemaPath:"#/properties/metadata/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key8},message:"must NOT have additional properties",schema:false,parentSchema:schema0.properties.metadata,data:data23};
if(vErrors === null){
vErrors = [err61];
}
else {
vErrors.push(err61);
}
errors++;
}
}
if(data23.extract !== undefined){
let data24 = data23.extract;
if(typeof data24 === "string"){
if(func0(data24) < 1){
const err62 = {instancePath:instancePath+"/metadata/extract",schemaPath:"#/properties/metadata/properties/extract/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.metadata.properties.extract,data:data24};
if(vErrors === null){
vErrors = [err62];
}
else {
vErrors.push(err62);
}
errors++;
}
}
else {
const err63 = {instancePath:instancePath+"/metadata/extract",schemaPath:"#/properties/metadata/properties/extract/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.metadata.properties.extract.type,parentSchema:schema0.properties.metadata.properties.extract,data:data24};
if(vErrors === null){
vErrors = [err63];
}
else {
vErrors.push(err63);
}
errors++;
}
}
}
else {
const err64 = {instancePath:instancePath+"/metadata",schemaPath:"#/properties/metadata/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema0.properties.metadata.type,parentSchema:schema0.properties.metadata,data:data23};
if(vErrors === null){
vErrors = [err64];
}
else {
vErrors.push(err64);
}
errors++;
}
}
let data25 = data.selection;
if(Array.isArray(data25)){
const len2 = data25.length;
for(let i2=0; i2<len2; i2++){
let data26 = data25[i2];
if(data26 && typeof data26 == "object" && !Array.isArray(data26)){
for(const key9 in data26){
if(!((((((((key9 === "has_keys") || (key9 === "lacks_keys")) || (key9 === "field")) || (key9 === "matches")) || (key9 === "not_matches")) || (key9 === "type")) || (key9 === "function")) || (key9 === "kwargs"))){
const err65 = {instancePath:instancePath+"/selection/" + i2,schemaPath:"#/properties/selection/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key9},message:"must NOT have additional properties",schema:false,parentSchema:schema0.properties.selection.items,data:data26};
if(vErrors === null){
vErrors = [err65];
}
else {
vErrors.push(err65);
}
errors++;
}
}
if(data26.has_keys !== undefined){
let data27 = data26.has_keys;
if(Array.isArray(data27)){
const len3 = data27.length;
for(let i3=0; i3<len3; i3++){
let data28 = data27[i3];
if(typeof data28 === "string"){
if(func0(data28) < 1){
const err66 = {instancePath:instancePath+"/selection/" + i2+"/has_keys/" + i3,schemaPath:"#/properties/selection/items/properties/has_keys/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.selection.items.properties.has_keys.items,data:data28};
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
const err67 = {instancePath:instancePath+"/selection/" + i2+"/has_keys/" + i3,schemaPath:"#/properties/selection/items/properties/has_keys/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.selection.items.properties.has_keys.items.type,parentSchema:schema0.properties.selection.items.properties.has_keys.items,data:data28};
if(vErrors === null){
vErrors = [err67];
}
else {
vErrors.push(err67);
}
errors++;
}
}
}
else {
const err68 = {instancePath:instancePath+"/selection/" + i2+"/has_keys",schemaPath:"#/properties/selection/items/properties/has_keys/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema0.properties.selection.items.properties.has_keys.type,parentSchema:schema0.properties.selection.items.properties.has_keys,data:data27};
if(vErrors === null){
vErrors = [err68];
}
else {
vErrors.push(err68);
}
errors++;
}
}
if(data26.lacks_keys !== undefined){
let data29 = data26.lacks_keys;
if(Array.isArray(data29)){
const len4 = data29.length;
for(let i4=0; i4<len4; i4++){
let data30 = data29[i4];
if(typeof data30 === "string"){
if(func0(data30) < 1){
const err69 = {instancePath:instancePath+"/selection/" + i2+"/lacks_keys/" + i4,schemaPath:"#/properties/selection/items/properties/lacks_keys/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.selection.items.properties.lacks_keys.items,data:data30};
if(vErrors === null){
vErrors = [err69];
}
else {
vErrors.push(err69);
}
errors++;
}
}
else {
const err70 = {instancePath:instancePath+"/selection/" + i2+"/lacks_keys/" + i4,schemaPath:"#/properties/selection/items/properties/lacks_keys/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.selection.items.properties.lacks_keys.items.type,parentSchema:schema0.properties.selection.items.properties.lacks_keys.items,data:data30};
if(vErrors === null){
vErrors = [err70];
}
else {
vErrors.push(err70);
}
errors++;
}
}
}
else {
const err71 = {instancePath:instancePath+"/selection/" + i2+"/lacks_keys",schemaPath:"#/properties/selection/items/properties/lacks_keys/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema0.properties.selection.items.properties.lacks_keys.type,parentSchema:schema0.properties.selection.items.properties.lacks_keys,data:data29};
if(vErrors === null){
vErrors = [err71];
}
else {
vErrors.push(err71);
}
errors++;
}
}
if(data26.field !== undefined){
let data31 = data26.field;
if((typeof data31 !== "string") && (!(Array.isArray(data31)))){
const err72 = {instancePath:instancePath+"/selection/" + i2+"/field",schemaPath:"#/properties/selection/items/properties/field/type",keyword:"type",params:{type: schema0.properties.selection.items.properties.field.type},message:"must be string,array",schema:schema0.properties.selection.items.properties.field.type,parentSchema:schema0.properties.selection.items.properties.field,data:data31};
if(vErrors === null){
vErrors = [err72];
}
else {
vErrors.push(err72);
}
errors++;
}
if(typeof data31 === "string"){
if(func0(data31) < 1){
const err73 = {instancePath:instancePath+"/selection/" + i2+"/field",schemaPath:"#/properties/selection/items/properties/field/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.selection.items.properties.field,data:data31};
if(vErrors === null){
vErrors = [err73];
}
else {
vErrors.push(err73);
}
errors++;
}
}
if(Array.isArray(data31)){
const len5 = data31.length;
for(let i5=0; i5<len5; i5++){
let data32 = data31[i5];
if(data32 && typeof data32 == "object" && !Array.isArray(data32)){
if(data32.name === undefined){
const err74 = {instancePath:instancePath+"/selection/" + i2+"/field/" + i5,schemaPath:"#/properties/selection/items/properties/field/items/required",keyword:"required",params:{missingProperty: "name"},message:"must have required property '"+"name"+"'",schema:schema0.properties.selection.items.properties.field.items.required,parentSchema:schema0.properties.selection.items.properties.field.items,data:data32};
if(vErrors === null){
vErrors = [err74];
}
else {
vErrors.push(err74);
}
errors++;
}
for(const key10 in data32){
if(!(((key10 === "name") || (key10 === "matches")) || (key10 === "not_matches"))){
const err75 = {instancePath:instancePath+"/selection/" + i2+"/field/" + i5,schemaPath:"#/properties/selection/items/properties/field/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key10},message:"must NOT have additional properties",schema:false,parentSchema:schema0.properties.selection.items.properties.field.items,data:data32};
if(vErrors === null){
vErrors = [err75];
}
else {
vErrors.push(err75);
}
errors++;
}
}
if(data32.name !== undefined){
let data33 = data32.name;
if(typeof data33 === "string"){
if(func0(data33) < 1){
const err76 = {instancePath:instancePath+"/selection/" + i2+"/field/" + i5+"/name",schemaPath:"#/properties/selection/items/properties/field/items/properties/name/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.selection.items.properties.field.items.properties.name,data:data33};
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
const err77 = {instancePath:instancePath+"/selection/" + i2+"/field/" + i5+"/name",schemaPath:"#/properties/selection/items/properties/field/items/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.selection.items.properties.field.items.properties.name.type,parentSchema:schema0.properties.selection.items.properties.field.items.properties.name,data:data33};
if(vErrors === null){
vErrors = [err77];
}
else {
vErrors.push(err77);
}
errors++;
}
}
if(data32.matches !== undefined){
let data34 = data32.matches;
if(Array.isArray(data34)){
const len6 = data34.length;
for(let i6=0; i6<len6; i6++){
let data35 = data34[i6];
if(typeof data35 === "string"){
if(func0(data35) < 1){
const err78 = {instancePath:instancePath+"/selection/" + i2+"/field/" + i5+"/matches/" + i6,schemaPath:"#/properties/selection/items/properties/field/items/properties/matches/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.selection.items.properties.field.items.properties.matches.items,data:data35};
if(vErrors === null){
vErrors = [err78];
}
else {
vErrors.push(err78);
}
errors++;
}
}
else {
const err79 = {instancePath:instancePath+"/selection/" + i2+"/field/" + i5+"/matches/" + i6,schemaPath:"#/properties/selection/items/properties/field/items/properties/matches/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.selection.items.properties.field.items.properties.matches.items.type,parentSchema:schema0.properties.selection.items.properties.field.items.properties.matches.items,data:data35};
if(vErrors === null){
vErrors = [err79];
}
else {
vErrors.push(err79);
}
errors++;
}
}
}
else {
const err80 = {instancePath:instancePath+"/selection/" + i2+"/field/" + i5+"/matches",schemaPath:"#/properties/selection/items/properties/field/items/properties/matches/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema0.properties.selection.items.properties.field.items.properties.matches.type,parentSchema:schema0.properties.selection.items.properties.field.items.properties.matches,data:data34};
if(vErrors === null){
vErrors = [err80];
}
else {
vErrors.push(err80);
}
errors++;
}
}
if(data32.not_matches !== undefined){
let data36 = data32.not_matches;
if(Array.isArray(data36)){
const len7 = data36.length;
for(let i7=0; i7<len7; i7++){
let data37 = data36[i7];
if(typeof data37 === "string"){
if(func0(data37) < 1){
const err81 = {instancePath:instancePath+"/selection/" + i2+"/field/" + i5+"/not_matches/" + i7,schemaPath:"#/properties/selection/items/properties/field/items/properties/not_matches/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.selection.items.properties.field.items.properties.not_matches.items,data:data37};
if(vErrors === null){
vErrors = [err81];
}
else {
vErrors.push(err81);
}
errors++;
}
}
else {
const err82 = {instancePath:instancePath+"/selection/" + i2+"/field/" + i5+"/not_matches/" + i7,schemaPath:"#/properties/selection/items/properties/field/items/properties/not_matches/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.selection.items.properties.field.items.properties.not_matches.items.type,parentSchema:schema0.properties.selection.items.properties.field.items.properties.not_matches.items,data:data37};
if(vErrors === null){
vErrors = [err82];
}
else {
vErrors.push(err82);
}
errors++;
}
}
}
else {
const err83 = {instancePath:instancePath+"/selection/" + i2+"/field/" + i5+"/not_matches",schemaPath:"#/properties/selection/items/properties/field/items/properties/not_matches/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema0.properties.selection.items.properties.field.items.properties.not_matches.type,parentSchema:schema0.properties.selection.items.properties.field.items.properties.not_matches,data:data36};
if(vErrors === null){
vErrors = [err83];
}
else {
vErrors.push(err83);
}
errors++;
}
}
}
else {
const err84 = {instancePath:instancePath+"/selection/" + i2+"/field/" + i5,schemaPath:"#/properties/selection/items/properties/field/items/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema0.properties.selection.items.properties.field.items.type,parentSchema:schema0.properties.selection.items.properties.field.items,data:data32};
if(vErrors === null){
vErrors = [err84];
}
else {
vErrors.push(err84);
}
errors++;
}
}
}
}
if(data26.matches !== undefined){
let data38 = data26.matches;
if(Array.isArray(data38)){
const len8 = data38.length;
for(let i8=0; i8<len8; i8++){
let data39 = data38[i8];
if(typeof data39 === "string"){
if(func0(data39) < 1){
const err85 = {instancePath:instancePath+"/selection/" + i2+"/matches/" + i8,schemaPath:"#/properties/selection/items/properties/matches/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.selection.items.properties.matches.items,data:data39};
if(vErrors === null){
vErrors = [err85];
}
else {
vErrors.push(err85);
}
errors++;
}
}
else {
const err86 = {instancePath:instancePath+"/selection/" + i2+"/matches/" + i8,schemaPath:"#/properties/selection/items/properties/matches/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.selection.items.properties.matches.items.type,parentSchema:schema0.properties.selection.items.properties.matches.items,data:data39};
if(vErrors === null){
vErrors = [err86];
}
else {
vErrors.push(err86);
}
errors++;
}
}
}
else {
const err87 = {instancePath:instancePath+"/selection/" + i2+"/matches",schemaPath:"#/properties/selection/items/properties/matches/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema0.properties.selection.items.properties.matches.type,parentSchema:schema0.properties.selection.items.properties.matches,data:data38};
if(vErrors === null){
vErrors = [err87];
}
else {
vErrors.push(err87);
}
errors++;
}
}
if(data26.not_matches !== undefined){
let data40 = data26.not_matches;
if(Array.isArray(data40)){
const len9 = data40.length;
for(let i9=0; i9<len9; i9++){
let data41 = data40[i9];
if(typeof data41 === "string"){
if(func0(data41) < 1){
const err88 = {instancePath:instancePath+"/selection/" + i2+"/not_matches/" + i9,schemaPath:"#/properties/selection/items/properties/not_matches/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.selection.items.properties.not_matches.items,data:data41};
if(vErrors === null){
vErrors = [err88];
}
else {
vErrors.push(err88);
}
errors++;
}
}
else {
const err89 = {instancePath:instancePath+"/selection/" + i2+"/not_matches/" + i9,schemaPath:"#/properties/selection/items/properties/not_matches/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.selection.items.properties.not_matches.items.type,parentSchema:schema0.properties.selection.items.properties.not_matches.items,data:data41};
if(vErrors === null){
vErrors = [err89];
}
else {
vErrors.push(err89);
}
errors++;
}
}
}
else {
const err90 = {instancePath:instancePath+"/selection/" + i2+"/not_matches",schemaPath:"#/properties/selection/items/properties/not_matches/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema0.properties.selection.items.properties.not_matches.type,parentSchema:schema0.properties.selection.items.properties.not_matches,data:data40};
if(vErrors === null){
vErrors = [err90];
}
else {
vErrors.push(err90);
}
errors++;
}
}
if(data26.type !== undefined){
let data42 = data26.type;
if(typeof data42 !== "string"){
const err91 = {instancePath:instancePath+"/selection/" + i2+"/type",schemaPath:"#/properties/selection/items/properties/type/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.selection.items.properties.type.type,parentSchema:schema0.properties.selection.items.properties.type,data:data42};
if(vErrors === null){
vErrors = [err91];
}
else {
vErrors.push(err91);
}
errors++;
}
if(!(data42 === "plugin")){
const err92 = {instancePath:instancePath+"/selection/" + i2+"/type",schemaPath:"#/properties/selection/items/properties/type/enum",keyword:"enum",params:{allowedValues: schema0.properties.selection.items.properties.type.enum},message:"must be equal to one of the allowed values",schema:schema0.properties.selection.items.properties.type.enum,parentSchema:schema0.properties.selection.items.properties.type,data:data42};
if(vErrors === null){
vErrors = [err92];
}
else {
vErrors.push(err92);
}
errors++;
}
}
if(data26.function !== undefined){
let data43 = data26.function;
if(typeof data43 === "string"){
if(func0(data43) < 1){
const err93 = {instancePath:instancePath+"/selection/" + i2+"/function",schemaPath:"#/properties/selection/items/properties/function/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.selection.items.properties.function,data:data43};
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
const err94 = {instancePath:instancePath+"/selection/" + i2+"/function",schemaPath:"#/properties/selection/items/properties/function/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.selection.items.properties.function.type,parentSchema:schema0.properties.selection.items.properties.function,data:data43};
if(vErrors === null){
vErrors = [err94];
}
else {
vErrors.push(err94);
}
errors++;
}
}
if(data26.kwargs !== undefined){
let data44 = data26.kwargs;
if(!(data44 && typeof data44 == "object" && !Array.isArray(data44))){
const err95 = {instancePath:instancePath+"/selection/" + i2+"/kwargs",schemaPath:"#/properties/selection/items/properties/kwargs/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema0.properties.selection.items.properties.kwargs.type,parentSchema:schema0.properties.selection.items.properties.kwargs,data:data44};
if(vErrors === null){
vErrors = [err95];
}
else {
vErrors.push(err95);
}
errors++;
}
}
}
else {
const err96 = {instancePath:instancePath+"/selection/" + i2,schemaPath:"#/properties/selection/items/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema0.properties.selection.items.type,parentSchema:schema0.properties.selection.items,data:data26};
if(vErrors === null){
vErrors = [err96];
}
else {
vErrors.push(err96);
}
errors++;
}
}
}
else {
const err97 = {instancePath:instancePath+"/selection",schemaPath:"#/properties/selection/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema0.properties.selection.type,parentSchema:schema0.properties.selection,data:data25};
if(vErrors === null){
vErrors = [err97];
}
else {
vErrors.push(err97);
}
errors++;
}
let data45 = data.routing;
if(Array.isArray(data45)){
const len10 = data45.length;
for(let i10=0; i10<len10; i10++){
let data46 = data45[i10];
if(data46 && typeof data46 == "object" && !Array.isArray(data46)){
for(const key11 in data46){
if(!((((key11 === "match") || (key11 === "archive")) || (key11 === "type")) || (key11 === "function"))){
const err98 = {instancePath:instancePath+"/routing/" + i10,schemaPath:"#/properties/routing/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key11},message:"must NOT have additional properties",schema:false,parentSchema:schema0.properties.routing.items,data:data46};
if(vErrors === null){
vErrors = [err98];
}
else {
vErrors.push(err98);
}
errors++;
}
}
if(data46.match !== undefined){
let data47 = data46.match;
if(typeof data47 === "string"){
if(func0(data47) < 1){
const err99 = {instancePath:instancePath+"/routing/" + i10+"/match",schemaPath:"#/properties/routing/items/properties/match/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.routing.items.properties.match,data:data47};
if(vErrors === null){
vErrors = [err99];
}
else {
vErrors.push(err99);
}
errors++;
}
}
else {
const err100 = {instancePath:instancePath+"/routing/" + i10+"/match",schemaPath:"#/properties/routing/items/properties/match/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.routing.items.properties.match.type,parentSchema:schema0.properties.routing.items.properties.match,data:data47};
if(vErrors === null){
vErrors = [err100];
}
else {
vErrors.push(err100);
}
errors++;
}
}
if(data46.archive !== undefined){
let data48 = data46.archive;
if(typeof data48 === "string"){
if(func0(data48) < 1){
const err101 = {instancePath:instancePath+"/routing/" + i10+"/archive",schemaPath:"#/properties/routing/items/properties/archive/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.routing.items.properties.archive,data:data48};
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
const err102 = {instancePath:instancePath+"/routing/" + i10+"/archive",schemaPath:"#/properties/routing/items/properties/archive/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.routing.items.properties.archive.type,parentSchema:schema0.properties.routing.items.properties.archive,data:data48};
if(vErrors === null){
vErrors = [err102];
}
else {
vErrors.push(err102);
}
errors++;
}
}
if(data46.type !== undefined){
let data49 = data46.type;
if(typeof data49 !== "string"){
const err103 = {instancePath:instancePath+"/routing/" + i10+"/type",schemaPath:"#/properties/routing/items/properties/type/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.routing.items.properties.type.type,parentSchema:schema0.properties.routing.items.properties.type,data:data49};
if(vErrors === null){
vErrors = [err103];
}
else {
vErrors.push(err103);
}
errors++;
}
if(!((data49 === "match") || (data49 === "plugin"))){
const err104 = {instancePath:instancePath+"/routing/" + i10+"/type",schemaPath:"#/properties/routing/items/properties/type/enum",keyword:"enum",params:{allowedValues: schema0.properties.routing.items.properties.type.enum},message:"must be equal to one of the allowed values",schema:schema0.properties.routing.items.properties.type.enum,parentSchema:schema0.properties.routing.items.properties.type,data:data49};
if(vErrors === null){
vErrors = [err104];
}
else {
vErrors.push(err104);
}
errors++;
}
}
if(data46.function !== undefined){
let data50 = data46.function;
if(typeof data50 === "string"){
if(func0(data50) < 1){
const err105 = {instancePath:instancePath+"/routing/" + i10+"/function",schemaPath:"#/properties/routing/items/properties/function/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema0.properties.routing.items.properties.function,data:data50};
if(vErrors === null){
vErrors = [err105];
}
else {
vErrors.push(err105);
}
errors++;
}
}
else {
const err106 = {instancePath:instancePath+"/routing/" + i10+"/function",schemaPath:"#/properties/routing/items/properties/function/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema0.properties.routing.items.properties.function.type,parentSchema:schema0.properties.routing.items.properties.function,data:data50};
if(vErrors === null){
vErrors = [err106];
}
else {
vErrors.push(err106);
}
errors++;
}
}
}
else {
const err107 = {instancePath:instancePath+"/routing/" + i10,schemaPath:"#/properties/routing/items/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema0.properties.routing.items.type,parentSchema:schema0.properties.routing.items,data:data46};
if(vErrors === null){
vErrors = [err107];
}
else {
vErrors.push(err107);
}
errors++;
}
}
}
else {
const err108 = {instancePath:instancePath+"/routing",schemaPath:"#/properties/routing/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema0.properties.routing.type,parentSchema:schema0.properties.routing,data:data45};
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
const err109 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema0.type,parentSchema:schema0,data};
if(vErrors === null){
vErrors = [err109];
}
else {
vErrors.push(err109);
}
errors++;
}
validate0.errors = vErrors;
return errors === 0;
}
