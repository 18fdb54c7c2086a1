/*
 * @aws-sdk/client-sfn (version 3 of the SDK for JavaScript) as a client for sdk.py: as boto_client.py.
 *
 * usage: NODE_PATH=... node v3_client.js ENDPOINT
 */
"use strict";
const readline = require("readline");
const { Readable } = require("stream");
const sfn = require("@aws-sdk/client-sfn");
const { NodeHttpHandler } = require("@smithy/node-http-handler");
const { NormalizedSchema } = require("@smithy/core/schema");

let raw = null;

/* Keeps what came over the wire, and gives it on. */
class Keeping extends NodeHttpHandler {
	async handle(request, options) {
		const out = await super.handle(request, options);
		const parts = [];
		for await (const part of out.response.body) parts.push(part);
		raw = Buffer.concat(parts);
		out.response.body = Readable.from([raw]);
		return out;
	}
}

function scalar(schema, value) {
	if (schema.isTimestampSchema() || schema.isNumericSchema()) return typeof value === "number";
	if (schema.isBooleanSchema()) return typeof value === "boolean";
	return typeof value === "string";
}

/* Every place where value is not what the SDK's schema says. */
function* mistakes(schema, value, path) {
	if (schema.isStructSchema()) {
		const members = new Map(schema.structIterator());
		for (const [name, member] of Object.entries(value)) {
			if (members.has(name)) yield* mistakes(members.get(name), member, `${path}.${name}`);
			else yield `${path}.${name} is not in the schema`;
		}
	} else if (schema.isListSchema()) {
		if (!Array.isArray(value)) yield `${path} is not a list`;
		else for (let i = 0; i < value.length; i++)
			yield* mistakes(schema.getValueSchema(), value[i], `${path}[${i}]`);
	} else if (schema.isMapSchema()) {
		for (const [name, item] of Object.entries(value)) yield* mistakes(schema.getValueSchema(), item, `${path}.${name}`);
	} else if (value === null && path === "GetActivityTask.taskToken") {
		/* AWS's answer when nothing came */
	} else if (!scalar(schema, value)) {
		yield `${path} is not a ${schema.getName(true)}: ${JSON.stringify(value)}`;
	}
}

async function call(client, action, input) {
	const command = new sfn[action + "Command"](input);
	let error = null, parsed = null;
	try {
		parsed = await client.send(command);
	} catch (raised) {
		if (!raised.$metadata || !raised.$metadata.httpStatusCode) throw raised;
		error = {
			name: raised.name, message: raised.message, raised: raised.constructor.name,
			modelled: sfn[raised.name] !== undefined && raised instanceof sfn[raised.name] &&
				raised instanceof sfn.SFNServiceException,
		};
	}
	const body = JSON.parse(raw.toString());
	const problems = [];
	if (!error) {
		problems.push(...mistakes(NormalizedSchema.of(command.schema[5]()), body, action));
		for (const name of Object.keys(body))
			if (body[name] !== null && parsed[name] === undefined) problems.push(`${action}.${name} was not parsed`);
	}
	return { raw: body, error, problems };
}

async function main() {
	const client = new sfn.SFNClient({
		endpoint: process.argv[2], region: "us-east-1", disableHostPrefix: true, maxAttempts: 1,
		requestHandler: new Keeping({ requestTimeout: 70000 }),
		credentials: { accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY },
	});
	const actions = Object.keys(sfn).filter((name) => /^[A-Z].*Command$/.test(name)).map((name) => name.slice(0, -7));
	const version = require("@aws-sdk/client-sfn/package.json").version;
	console.log(JSON.stringify({ name: `@aws-sdk/client-sfn ${version}`, actions: actions.sort(), complete: true }));
	for await (const line of readline.createInterface({ input: process.stdin })) {
		const asked = JSON.parse(line);
		console.log(JSON.stringify(await call(client, asked.action, asked.input)));
	}
}

main().catch((error) => { console.error(error); process.exit(1); });
