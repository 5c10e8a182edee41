# carbonation in a container: `docker build -t carbonation .`, then see compose.yaml and docs/operations.md.
FROM node:24-bookworm-slim AS build
WORKDIR /opt/carbonation
COPY package.json package-lock.json ./
# No install scripts: the database driver ships its binaries, and Node 24 is here already.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY bin bin
COPY entities entities
COPY machines machines
COPY migrations migrations
COPY plugin-template plugin-template
COPY schemas schemas
COPY scripts scripts
COPY src src
COPY web web
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /opt/carbonation
COPY --from=build /opt/carbonation/package.json ./
COPY --from=build /opt/carbonation/bin bin
COPY --from=build /opt/carbonation/dist dist
COPY --from=build /opt/carbonation/plugin-template plugin-template
COPY --from=build /opt/carbonation/schemas schemas
COPY --from=build /opt/carbonation/node_modules node_modules
COPY LICENSE README.md ./
RUN ln -s /opt/carbonation/bin/carbonation.js /usr/local/bin/carbonation \
  && install -d -o 1000 -g 1000 /srv/carbonation
USER 1000:1000
# config.toml, rules.toml and the plugin: mount a directory here.
WORKDIR /srv/carbonation
# SIGTERM lets the work at hand finish, for at most 30 seconds.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5m --timeout=30s --start-period=2m CMD ["carbonation", "doctor"]
ENTRYPOINT ["carbonation"]
CMD ["run"]
