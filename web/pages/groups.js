/** Groups of pictures: all of them, and the pictures in one. */

import { html, useRef, useState } from "../vendor/preact.js";
import { Gallery } from "../gallery.js";
import { useList, useOne } from "../lists.js";
import { Coming, Deletion, Empty, Field, Form, Heading, Icon, Listed, announce, useForm } from "../parts.js";
import { ask, user } from "../session.js";
import { same } from "./messages.js";

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
  // What was changed is another group; only the same one sent again is a repetition.
  const renew = () => (key.current = crypto.randomUUID());
  const send = async (group, element) => {
    add(await ask("POST", "/groups", group, key.current));
    renew();
    announce(`Created: ${group.name}`);
    element.reset();
  };
  return html`<${Naming} send=${send} onInput=${renew} submit="Create the group" />`;
}

/** Asks for a group's name and description, and hands them to `send`. */
function Naming({ send, name, description, ...rest }) {
  const form = useForm(({ name, description }, element) =>
    send(description ? { name, description } : { name }, element),
  );
  return html`<${Form} class="card" form=${form} ...${rest}>
    <${Field} label="Name" required maxlength="100" pattern=".*\\S.*" defaultValue=${name}
      ...${form.field("name")} />
    <${Field} label="Description" lines="2" maxlength="1000" defaultValue=${description}
      ...${form.field("description")} />
  <//>`;
}

/** One group with the pictures in it. */
export function Group({ id }) {
  const { value: group, set, ...coming } = useOne(`/groups/${encodeURIComponent(id)}`);
  const isMine = same(group?.owner, user.value.username);
  return html`
    <p><a class="back" href="#/groups"><${Icon} name="back" />All groups</a></p>
    ${group
      ? html`<${Heading} title=${group.name}>${group.name}<//>
          <p class="quiet">${group.description || "No description"}, by ${group.owner}</p>
          ${isMine && html`<${Ways} group=${group} set=${set} />`}
          <${Gallery} path="/groups/${group.groupID}/images" groupID=${group.groupID} />`
      : html`<${Heading}>Group<//><${Coming} ...${coming} />`}`;
}

/** What an owner can do with a group. */
function Ways({ group: { groupID, name, description }, set }) {
  const [isRenaming, setRenaming] = useState(false);
  const path = `/groups/${groupID}`;
  const keep = () => setRenaming(false);
  const rename = async (wanted) => {
    set(await ask("PUT", path, wanted));
    announce(`Renamed: ${wanted.name}`);
    keep();
  };
  if (isRenaming) {
    return html`<${Naming} send=${rename} name=${name} description=${description} submit="Rename the group"
      after=${html`<button type="button" onClick=${keep}>Keep its name</button>`} />`;
  }
  return html`<div class="ways">
    <button onClick=${() => setRenaming(true)}>Rename…</button>
    <${Deletion} path=${path} name=${name} onDelete=${() => (location.hash = "#/groups")}>
      Its pictures stay with those who uploaded them.<//>
  </div>`;
}
