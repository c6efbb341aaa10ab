import dimse from 'dcmjs-dimse';
import { implementationClassUid, implementationVersionName } from '../dicom/part10.ts';

// It prints every association and message to the console, at once and by default.
dimse.log.setLevel('silent');
dimse.Implementation.setImplementationClassUid(implementationClassUid);
dimse.Implementation.setImplementationVersion(implementationVersionName);

export const { Client, Dataset, Implementation, Scp } = dimse;
export const { CEchoRequest, CStoreRequest } = dimse.requests;
export const { CEchoResponse } = dimse.responses;

export type Association = InstanceType<typeof dimse.association.Association>;
export type Client = InstanceType<typeof dimse.Client>;
export type Dataset = InstanceType<typeof dimse.Dataset>;
export type Request = InstanceType<typeof dimse.requests.Request>;
export type Response = InstanceType<typeof dimse.responses.Response>;
export type CEchoRequest = InstanceType<typeof dimse.requests.CEchoRequest>;
export type CEchoResponse = InstanceType<typeof dimse.responses.CEchoResponse>;
