export { buildGrant, grantOf, openGrant, type PairingGrant } from './pairing-grant.ts';
export { buildRequest, openRequest, type PairingRequest } from './pairing-request.ts';
