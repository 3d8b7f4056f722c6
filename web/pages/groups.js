/** Groups of pictures: the list of all groups, and one group with its pictures. */

import { html, useEffect, useState } from "../vendor/preact.js";
import { Gallery } from "../gallery.js";
import { subscribeToNews, useList, useResource } from "../resources.js";
import {
  DeleteButton, EmptyState, Field, Form, Heading, Icon, List, Loading, announce, useForm,
} from "../components.js";
import { words } from "../language.js";
import { requestAsUser, user } from "../session.js";

export function Groups() {
  const list = useList("/groups?limit=20", "groups", "groupID");
  const add = (group) => list.change((rows) => [group, ...rows]);
  return html`
    <${Heading}>${words.groups.title}<//>
    <div class="columns">
      <section aria-labelledby="create">
        <h2 id="create">${words.groups.create}</h2>
        <${NewGroup} add=${add} />
      </section>
      <section aria-labelledby="all">
        <h2 id="all">${words.groups.all}</h2>
        <${List} list=${list} label=${words.things.groups} bones="rows"
          empty=${html`<${EmptyState} icon="folder" title=${words.groups.empty}
            action=${html`<button onClick=${focusName}>${words.groups.create}</button>`}>${words.groups.emptyHint}<//>`}>
          <ul class="rows">
            ${list.items?.map(
              ({ groupID, name, description, owner }) => html`<li key=${groupID} class="card">
                <p class="item"><a class="card-link" href="#/groups/${groupID}"><b dir="auto">${name}</b></a></p>
                ${description && html`<p dir="auto">${description}</p>`}
                <p class="muted">${words.common.by(html`<bdi>${owner}</bdi>`)}</p>
              </li>`,
            )}
          </ul>
        <//>
      </section>
    </div>`;
}

function focusName() {
  document.querySelector("[name=name]").focus();
}

function NewGroup({ add }) {
  const send = async (group, key) => {
    add(await requestAsUser("POST", "/groups", group, key));
    announce(words.groups.created(group.name));
  };
  return html`<${GroupForm} send=${send} draft="group" submit=${words.groups.submit} />`;
}

/** A form for a group's name and description, which are passed to `send`. */
function GroupForm({ send, name, description, draft, onCancel, ...rest }) {
  const form = useForm(
    ({ name, description }, element, key) => send(description ? { name, description } : { name }, key),
    "",
    draft,
  );
  const cancel = () => {
    form.forget();
    onCancel();
  };
  const after = onCancel && html`<button type="button" onClick=${cancel}>${words.common.cancel}</button>`;
  return html`<${Form} class="card" form=${form} after=${after} ...${rest}>
    <${Field} label=${words.groups.name} required maxlength="100" defaultValue=${name}
      ...${form.field("name")} />
    <${Field} label=${words.groups.description} lines="2" maxlength="1000" defaultValue=${description}
      ...${form.field("description")} />
  <//>`;
}

/** One group with its pictures. */
export function Group({ id, inner }) {
  const { value: group, set, ...loading } = useResource(`/groups/${encodeURIComponent(id)}`);
  useEffect(() => subscribeToNews(loading.read), []);
  const isOwner = group?.ownerID === user.value.sub;
  return html`
    <p><a class="back" href="#/groups"><${Icon} name="back" />${words.groups.all}</a></p>
    ${group
      ? html`<${Heading} title=${group.name}>${group.name}<//>
          <p class="muted">${words.group.by(
            html`<bdi>${group.description || words.group.noDescription}</bdi>`, html`<bdi>${group.owner}</bdi>`)}</p>
          ${isOwner && html`<${OwnerActions} group=${group} set=${set} />`}
          <${Gallery} path="/groups/${group.groupID}/images" groupID=${group.groupID} isOwner=${isOwner}
            base="#/groups/${id}" imageID=${inner} />`
      : html`<${Heading}>${words.group.title}<//><${Loading} ...${loading} />`}`;
}

function OwnerActions({ group: { groupID, name, description }, set }) {
  const [isEditing, setEditing] = useState(false);
  const path = `/groups/${groupID}`;
  const close = () => setEditing(false);
  const save = async (changed) => {
    set(await requestAsUser("PUT", path, changed));
    announce(words.group.saved(changed.name));
    close();
  };
  if (isEditing) {
    return html`<${GroupForm} send=${save} name=${name} description=${description} submit=${words.group.save}
      draft=${path} onCancel=${close} />`;
  }
  return html`<div class="actions">
    <button onClick=${() => setEditing(true)}>${words.group.edit}</button>
    <${DeleteButton} path=${path} name=${name} onDelete=${() => (location.hash = "#/groups")}>
      ${words.group.deleteHint}<//>
  </div>`;
}
