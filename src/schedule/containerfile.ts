import { type Schedule, toComments } from './scheduled-job.js';

/** The release of Node in the image, and the release of Debian under it. */
const NODE_IMAGE = 'docker.io/library/node:22-bookworm-slim';
const BASE_IMAGE = 'docker.io/library/debian:bookworm-slim';

/**
 * A Containerfile for an image with `chartctl` on its PATH: Debian, Node without npm, and the installed package. It runs as
 * a user without rights, and needs no file system that it can write to.
 *
 * @param version the version of chartctl, which names the package's file
 */
export function renderContainerfile(version: string): Schedule {
  const steps = [
    '# in a folder with this file and the package, which npm pack makes:',
    `podman build --tag registry.example.com/chartctl:${version} .    # or docker build --file Containerfile`,
    `podman push registry.example.com/chartctl:${version}`,
  ];
  const lines = [
    '# Made by: chartctl schedule kubernetes --containerfile',
    ...toComments(steps),
    `FROM ${NODE_IMAGE} AS build`,
    `ARG PACKAGE=chartctl-${version}.tgz`,
    'COPY ${PACKAGE} /build/',
    'RUN npm install --global --prefix /opt/chartctl --omit dev --no-audit --no-fund /build/${PACKAGE}',
    '',
    `FROM ${BASE_IMAGE}`,
    'COPY --from=build /usr/local/bin/node /usr/local/bin/node',
    'COPY --from=build /opt/chartctl /opt/chartctl',
    'RUN ln -s /opt/chartctl/bin/chartctl /usr/local/bin/chartctl && chartctl --version',
    'ENV NODE_ENV=production HOME=/tmp',
    'USER 1000:1000',
    'CMD ["chartctl", "--help"]',
  ];
  return { files: [{ path: 'Containerfile', text: `${lines.join('\n')}\n` }], steps };
}
