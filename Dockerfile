# The server as an image. It brings no database: DATABASE_URL names one (docker-compose.yml has both).
#   docker build -t bellwire . && docker run -e DATABASE_URL=postgres://… -v bellwire:/data -p 127.0.0.1:4000:4000 bellwire

# What both other stages begin with: the lists of packages only, so that a change of a source file installs nothing anew.
FROM node:20-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./

# Builds dist/: the server and its pages.
FROM packages AS build
RUN npm ci
COPY . .
RUN node src/start.js --build-only

# The packages of a running server: no compilers, and no embedded PostgreSQL (the optional ones).
FROM packages AS production
RUN npm ci --omit=dev --omit=optional && npm cache clean --force

FROM node:20-bookworm-slim
ENV NODE_ENV=production
# Inside a container 127.0.0.1 is reached by nobody; what is published outside is for docker run to say.
ENV BELLWIRE_HOST=0.0.0.0
# Holds the encryption key, where BELLWIRE_ENCRYPTION_KEYS gives none: keep it on a volume.
ENV BELLWIRE_DATA_DIR=/data
WORKDIR /app
COPY --from=production /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
COPY schema ./schema
RUN mkdir /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 4000
# Whether the process answers; whether its database does is /readyz, for whoever sends requests here.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.BELLWIRE_PORT || 4000}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# No shell and no npm in between: SIGTERM must reach the server itself.
CMD ["node", "--enable-source-maps", "dist/src/main.js"]
