// Reloads the page when a file of the web client has changed, or the gateway was started again.
// The gateway serves this only while `make watch` runs.

let gateway;

new EventSource("/_local/changes").onmessage = ({ data }) => {
  if (gateway !== undefined && data !== gateway) location.reload();
  gateway = data;
};
