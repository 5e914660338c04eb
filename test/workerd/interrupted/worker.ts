/** The service as it is deployed, but that its members call one another over the test's network. */
import { Member as DeployedMember } from "../../../durable-objects/member.ts";
import type { RemoteMember } from "../../../durable-objects/reach.ts";
import { ABORTED, network, type Sender } from "./network.ts";

export * from "../../../worker/index.ts";
export { default } from "../../../worker/index.ts";

type Env = ConstructorParameters<typeof DeployedMember>[1];

export class Member extends DeployedMember {
  constructor(ctx: DurableObjectState, env: Env) {
    const name = ctx.id.name;
    if (name === undefined) throw new Error("an object of a test has a name");
    super(ctx, { ...env, MEMBER: over(env.MEMBER, { name, abort: () => ctx.abort(ABORTED) }) });
  }
}

/** What members are reached by, with the test's network in between. */
function over(members: Env["MEMBER"], sender: Sender): Env["MEMBER"] {
  const from = sender.name;
  const getByName = (to: string): RemoteMember => {
    const object = members.getByName(to) as unknown as RemoteMember;
    return {
      serve: (group, requests, caller) => {
        const type = requests[0]?.type ?? "nothing";
        const call = async () => object.serve(group, requests, caller);
        return network.carry({ from, to, type, requests }, sender, call);
      },
      receive: (group, message) => {
        const call = async () => object.receive(group, message);
        return network.carry({ from, to, type: "receive", requests: [] }, sender, call);
      },
      operate: () => {
        throw new Error("no member operates another");
      },
      fetch: () => {
        throw new Error("no member watches another");
      },
    };
  };
  return { getByName } as unknown as Env["MEMBER"];
}
