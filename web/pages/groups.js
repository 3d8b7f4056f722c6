/** Groups of pictures: all of them, and the pictures in one. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { Gallery } from "../gallery.js";
import { useList } from "../lists.js";
import { Empty, Field, Heading, Icon, Listed, Problem, Submit, announce, useForm } from "../parts.js";
import { ask } from "../session.js";

export function Groups() {
  const list = useList("/groups?limit=20", "groups", "groupID");
  const add = (group) => list.change((rows) => [group, ...rows]);
  return html`
    <${Heading}>Groups<//>
    <div class="beside">
      <section aria-labelledby="create">
        <h2 id="create">Create a group</h2>
        <${GroupForm} add=${add} />
      </section>
      <section aria-labelledby="all">
        <h2 id="all">Everybody's groups</h2>
        <${Listed} list=${list} label="groups"
          empty=${html`<${Empty} icon="folder" title="No groups yet">Create the first one.<//>`}>
          <ul class="rows">
            ${list.items?.map(
              ({ groupID, name, description, owner }) => html`<li key=${groupID} class="card">
                <p class="item"><a class="whole" href="#/groups/${groupID}"><b>${name}</b></a></p>
                ${description && html`<p>${description}</p>`}
                <p class="quiet">by ${owner}</p>
              </li>`,
            )}
          </ul>
        <//>
      </section>
    </div>`;
}

function GroupForm({ add }) {
  const key = useRef(crypto.randomUUID());
  const form = useForm(async ({ name, description }, element) => {
    const body = description ? { name, description } : { name };
    add(await ask("POST", "/groups", body, key.current));
    key.current = crypto.randomUUID();
    announce(`Created: ${name}`);
    element.reset();
  });
  // What was changed is another group; only the same one sent again is a repetition.
  const onInput = () => (key.current = crypto.randomUUID());
  return html`<form class="card" onInput=${onInput} ...${form.attributes}>
    <${Problem} text=${form.message} />
    <${Field} label="Name" name="name" required maxlength="100" pattern=".*\\S.*"
      problem=${form.problems.name} />
    <${Field} label="Description" name="description" lines="2" maxlength="1000"
      problem=${form.problems.description} />
    <${Submit} isBusy=${form.isBusy}>Create the group<//>
  </form>`;
}

/** One group with the pictures in it. */
export function Group({ id }) {
  const [group, setGroup] = useState(null);
  const [problem, setProblem] = useState("");
  const read = () => {
    setProblem("");
    ask("GET", `/groups/${encodeURIComponent(id)}`).then(setGroup, ({ message }) => setProblem(message));
  };
  useEffect(read, [id]);
  return html`
    <p><a class="back" href="#/groups"><${Icon} name="back" />All groups</a></p>
    ${group
      ? html`<${Heading} title=${group.name}>${group.name}<//>
          <p class="quiet">${group.description || "No description"}, by ${group.owner}</p>
          <${Gallery} path="/groups/${group.groupID}/images" groupID=${group.groupID} />`
      : html`<${Heading}>Group<//>
          ${!problem && html`<div class="loading" role="status"><span class="spinner" /> Loading…</div>`}
          <${Problem} text=${problem} retry=${read} />`}`;
}
