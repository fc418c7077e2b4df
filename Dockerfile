# syntax=docker/dockerfile:1

# The program is pure Go, so the build stage runs on the builder's own platform and cross-compiles.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
ARG TARGETOS
ARG TARGETARCH
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=false -ldflags='-s -w' -o /out/probewise ./cmd/probewise \
    && mkdir -p /out/data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/probewise /probewise
# A fresh volume takes over the owner of this folder; without it the nonroot user could not write there.
COPY --from=build --chown=65532:65532 /out/data /data
COPY LICENSE /LICENSE
ENV PROBEWISE_DATA_DIR=/data
VOLUME ["/data"]
USER 65532:65532
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["/probewise", "healthcheck"]
ENTRYPOINT ["/probewise"]
