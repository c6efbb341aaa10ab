import dimse from 'dcmjs-dimse';
import { implementationClassUid, implementationVersionName } from '../dicom/part10.ts';

// It prints every association and message to the console, at once and by default.
dimse.log.setLevel('silent');
dimse.Implementation.setImplementationClassUid(implementationClassUid);
dimse.Implementation.setImplementationVersion(implementationVersionName);

export const { Implementation, Scp } = dimse;
export const { CEchoResponse } = dimse.responses;

export type Association = InstanceType<typeof dimse.association.Association>;
export type CEchoRequest = InstanceType<typeof dimse.requests.CEchoRequest>;
export type CEchoResponse = InstanceType<typeof dimse.responses.CEchoResponse>;
