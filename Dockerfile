FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No package needs a script to be installed: bcrypt has its binaries with it.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build && npm ci --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
# Package managers are of no use at run time.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
    /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn-*
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# The mode is set because a checkout under a strict umask would hide these files from the image's user.
COPY --chmod=644 package.json LICENSE config.example.yaml ./
# Version, revision and date are of one build, which gives them: docker build --label org.opencontainers.image.version=…
LABEL org.opencontainers.image.title="pagerelay" \
      org.opencontainers.image.description="Relays Alertmanager webhooks to PagerDuty, Opsgenie and Jira Service Management" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/node:24-bookworm-slim"
# In numbers: Kubernetes cannot tell whether a name is root.
USER 65532:65532
EXPOSE 9096
# Less memory for some more time: docs/adr/0018-memory.md.
ENTRYPOINT ["node", "--max-semi-space-size=8", "--v8-pool-size=1", "/app/dist/main.js"]
CMD ["serve", "--config.file=/etc/pagerelay/pagerelay.yaml", "--web.listen-address=:9096"]
