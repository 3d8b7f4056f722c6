/** Groups of pictures: the list of all groups, and one group with its pictures. */

import { html, useRef, useState } from "../vendor/preact.js";
import { Gallery } from "../gallery.js";
import { useList, useResource } from "../resources.js";
import {
  DeleteButton, EmptyState, Field, Form, Heading, Icon, List, Loading, announce, useForm,
} from "../components.js";
import { requestAsUser, user } from "../session.js";

export function Groups() {
  const list = useList("/groups?limit=20", "groups", "groupID");
  const add = (group) => list.change((rows) => [group, ...rows]);
  return html`
    <${Heading}>Groups<//>
    <div class="columns">
      <section aria-labelledby="create">
        <h2 id="create">Create a group</h2>
        <${NewGroup} add=${add} />
      </section>
      <section aria-labelledby="all">
        <h2 id="all">All groups</h2>
        <${List} list=${list} label="groups"
          empty=${html`<${EmptyState} icon="folder" title="No groups yet">Create the first group.<//>`}>
          <ul class="rows">
            ${list.items?.map(
              ({ groupID, name, description, owner }) => html`<li key=${groupID} class="card">
                <p class="item"><a class="card-link" href="#/groups/${groupID}"><b>${name}</b></a></p>
                ${description && html`<p>${description}</p>`}
                <p class="muted">by ${owner}</p>
              </li>`,
            )}
          </ul>
        <//>
      </section>
    </div>`;
}

function NewGroup({ add }) {
  const key = useRef(crypto.randomUUID());
  // A changed form is another group. Only the same form, sent again, is a repetition.
  const renewKey = () => (key.current = crypto.randomUUID());
  const send = async (group, element) => {
    add(await requestAsUser("POST", "/groups", group, key.current));
    renewKey();
    announce(`Created: ${group.name}`);
    element.reset();
  };
  return html`<${GroupForm} send=${send} onInput=${renewKey} submit="Create group" />`;
}

/** A form for a group's name and description, which are passed to `send`. */
function GroupForm({ send, name, description, ...rest }) {
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

/** One group with its pictures. */
export function Group({ id }) {
  const { value: group, set, ...loading } = useResource(`/groups/${encodeURIComponent(id)}`);
  const isOwner = group?.ownerID === user.value.sub;
  return html`
    <p><a class="back" href="#/groups"><${Icon} name="back" />All groups</a></p>
    ${group
      ? html`<${Heading} title=${group.name}>${group.name}<//>
          <p class="muted">${group.description || "No description"}, by ${group.owner}</p>
          ${isOwner && html`<${OwnerActions} group=${group} set=${set} />`}
          <${Gallery} path="/groups/${group.groupID}/images" groupID=${group.groupID} />`
      : html`<${Heading}>Group<//><${Loading} ...${loading} />`}`;
}

function OwnerActions({ group: { groupID, name, description }, set }) {
  const [isEditing, setEditing] = useState(false);
  const path = `/groups/${groupID}`;
  const close = () => setEditing(false);
  const save = async (changed) => {
    set(await requestAsUser("PUT", path, changed));
    announce(`Saved: ${changed.name}`);
    close();
  };
  if (isEditing) {
    return html`<${GroupForm} send=${save} name=${name} description=${description} submit="Save"
      after=${html`<button type="button" onClick=${close}>Cancel</button>`} />`;
  }
  return html`<div class="actions">
    <button onClick=${() => setEditing(true)}>Edit…</button>
    <${DeleteButton} path=${path} name=${name} onDelete=${() => (location.hash = "#/groups")}>
      Its pictures remain with the users who uploaded them.<//>
  </div>`;
}
