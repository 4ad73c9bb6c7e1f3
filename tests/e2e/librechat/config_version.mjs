// The newest version of librechat.yaml that this release of LibreChat knows.
import { Constants } from 'librechat-data-provider';

process.stdout.write(JSON.stringify(Constants.CONFIG_VERSION));
