# DynamoDB Local with a folder for its data that its user may write.
#
# A named volume takes owner and mode from the image's folder; without one it belongs to root, and
# DynamoDB Local says "unable to open database file".

FROM amazon/dynamodb-local:3.3.1
# hadolint ignore=DL3002
USER 0
RUN mkdir /data && chown 1000:1000 /data && chmod 0700 /data
USER 1000:1000
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=6 \
    CMD ["curl", "--silent", "--output", "/dev/null", "http://127.0.0.1:8000/"]
CMD ["-jar", "DynamoDBLocal.jar", "-sharedDb", "-dbPath", "/data"]
