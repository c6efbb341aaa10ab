export {
  buildGrant,
  grantOf,
  type OpenedGrant,
  openGrant,
  type PairingGrant,
} from './pairing-grant.ts';
export { buildRequest, openRequest, type PairingRequest } from './pairing-request.ts';
export { buildReturn, openReturn, type PairingReturn } from './pairing-return.ts';
